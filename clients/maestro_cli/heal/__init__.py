"""`maestro heal`: from a folder to a report."""
