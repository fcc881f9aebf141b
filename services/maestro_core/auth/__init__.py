"""Tokens: who a caller is."""
