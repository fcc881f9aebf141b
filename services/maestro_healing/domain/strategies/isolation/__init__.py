"""How tests are kept apart from each other."""
