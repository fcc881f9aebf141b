"""Processes in which the engine and the guard work, and strangers' archives and repositories are read.

What takes them long stalls no caller, what breaks them breaks nothing else, and they end when told.
"""
