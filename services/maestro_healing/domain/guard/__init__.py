"""The guard: reviews a change to tests and says where it weakens them. Static, nothing is run."""

from maestro_healing.domain.guard.check import check_change, check_file, review
from maestro_healing.domain.guard.model import FileChange, Finding, Kind, Review, TouchedTest

__all__ = ["FileChange", "Finding", "Kind", "Review", "TouchedTest", "check_change", "check_file", "review"]
