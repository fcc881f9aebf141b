"""Part of the Healing service."""
