"""Texts that are not Python, and the smallest edits that make them so."""
