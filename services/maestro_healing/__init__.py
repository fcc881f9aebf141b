"""Part of Maestro."""
