"""State of environments and jobs over core's database, with their events in the same transaction."""
