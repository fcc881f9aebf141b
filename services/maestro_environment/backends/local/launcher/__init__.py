"""Runs one command behind walls. Standard library only: it starts in milliseconds, without site-packages."""
