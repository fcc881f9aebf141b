"""Tests whose outcome depends on other tests, on the order of hashes, or on chance: found out by runs."""
