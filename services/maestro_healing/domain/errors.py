"""Why a healing cannot be done at all, or not by us."""

# Nothing could be run: that says nothing of the project, whoever waits for the run hears why.
NOT_RUN = "NOT_RUN"


class CannotHeal(Exception):
    """The tests cannot be run. `reason` is stable, e.g. NO_TESTS; `message` is for a person."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class LeaseLost(Exception):
    """Another process is at work on the healing, or it has ended: nothing more is to be done here."""
