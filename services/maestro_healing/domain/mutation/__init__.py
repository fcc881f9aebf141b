"""The guard by mutation: a healed test must still fail, through an assertion, where the old one did."""

from maestro_healing.domain.mutation.change import kept_by_change
from maestro_healing.domain.mutation.check import MutationCheck
from maestro_healing.domain.mutation.kept import Kept

__all__ = ["Kept", "MutationCheck", "kept_by_change"]
