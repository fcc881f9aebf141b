"""What callers can ask of the Healing service."""
