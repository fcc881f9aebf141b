"""Tests that depend on the order in which they run: recorded ones of real projects, and planted ones."""
