"""Edits of source text with libcst: formatting and comments survive, unrelated names are left alone."""
