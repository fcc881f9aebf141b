"""`maestro guard`: where a change weakens tests."""
