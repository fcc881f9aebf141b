"""What the service hears from its streams."""
