"""Why a healing cannot be done at all."""


class CannotHeal(Exception):
    """The tests cannot be run. `reason` is stable, e.g. NO_TESTS; `message` is for a person."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
