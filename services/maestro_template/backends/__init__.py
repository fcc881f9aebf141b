"""Adapters to git, to the render workers and to the search index."""
