"""A suite in which many tests fail of a few causes."""
