"""Environments of real processes on this machine."""
