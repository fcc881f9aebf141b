"""Event streams: envelope, outbox, relay, consumers, subscriptions and commands."""
