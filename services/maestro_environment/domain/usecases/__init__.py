"""What callers can ask for, and the loops that make it so."""
