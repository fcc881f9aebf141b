"""How tests wait, and for what."""
