"""What runs inside the data directory when nothing is configured."""
