"""Where environments live: one adapter for each kind of place."""
