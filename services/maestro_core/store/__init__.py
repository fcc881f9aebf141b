"""Databases, transactions and tenant-scoped records."""
