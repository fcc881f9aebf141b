"""Breakages that are seeded, so that it is known what would be right."""
