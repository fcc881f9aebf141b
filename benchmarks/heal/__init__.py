"""All that is measured of healing, in one table."""
