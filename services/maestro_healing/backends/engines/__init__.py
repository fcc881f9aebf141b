"""The engine and the guard in worker processes: what takes them long stalls no caller, and ends when told."""
