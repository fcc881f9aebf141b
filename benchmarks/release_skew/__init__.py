"""Heals tests of one release of a package on the code of the next."""
