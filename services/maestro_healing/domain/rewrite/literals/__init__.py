"""Literals and what is built of them, edited so that they stand for another value."""

from maestro_healing.domain.rewrite.literals.adapter import Adapter, Change
from maestro_healing.domain.rewrite.literals.values import is_partial, read_value, same

__all__ = ["Adapter", "Change", "is_partial", "read_value", "same"]
