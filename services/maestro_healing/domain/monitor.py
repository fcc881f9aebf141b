"""A project that is watched: what was found in it, and what becomes of that."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from maestro_healing.domain.healing import Failure, Healing, HealingSpec

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_KEPT_HEALS = 20
_LONGEST_PAUSE = timedelta(hours=1)
# Reasons for which another look at the same revision may see more.
_PASSING = frozenset({"INDEX_UNREACHABLE", "TOOL_UNAVAILABLE"})
_MOST_TRIES = 6
_FIRST_PAUSE = timedelta(seconds=30)


class ErrorKind(StrEnum):
    """What kind of failure was found."""

    TEST = "TEST"
    BUILD = "BUILD"
    TYPE = "TYPE"
    LINT = "LINT"


@dataclass(frozen=True)
class FoundError:
    """One failure. `mark` tells it from others of its subject, whatever line it stands in."""

    kind: ErrorKind
    subject: str
    message: str
    mark: str = ""

    @property
    def key(self) -> str:
        """The same for the same failure at another revision."""
        return hashlib.sha256(f"{self.kind}\0{self.subject}\0{self.mark}".encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Checked:
    """What was found of one kind. Where it is not `complete`, what was found before may still be there."""

    kind: ErrorKind
    errors: tuple[FoundError, ...] = ()
    complete: bool = True


@dataclass(frozen=True)
class Seen:
    """What one look at a project saw, and why it was not complete."""

    checked: tuple[Checked, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True)
class Look:
    """What was seen at which revision."""

    revision: str
    seen: Seen

    @property
    def tells_of_tests(self) -> bool:
        """Whether all tests were run, at a revision that others can get: a base to compare with."""
        tests = any(one.kind is ErrorKind.TEST and one.complete for one in self.seen.checked)
        return tests and _COMMIT.fullmatch(self.revision) is not None


@dataclass(frozen=True)
class OpenErrors:
    """Keys of the errors that were published and are still there, by kind."""

    keys: Mapping[ErrorKind, frozenset[str]] = field(default_factory=dict)

    def after(self, seen: Seen) -> tuple[OpenErrors, tuple[FoundError, ...]]:
        """What is open after a look, and which errors are new with it. Kinds not looked at stay."""
        keys, new = dict(self.keys), list[FoundError]()
        for one in seen.checked:
            before = keys.get(one.kind, frozenset())
            found = {error.key: error for error in one.errors}
            new += [error for key, error in found.items() if key not in before]
            keys[one.kind] = frozenset(found) if one.complete else before | frozenset(found)
        return OpenErrors(keys), tuple(new)


@dataclass(frozen=True)
class Heal:
    """A healing that a monitor's policy asks for. With an `outcome` nothing more is to be done about it;
    `tries` counts how often its branch could not be made, and before `due` it is not tried again.
    """

    healing: str
    revision: str
    base_revision: str
    tests: tuple[str, ...]
    branch: str = ""
    commit: str = ""
    outcome: str = ""
    tries: int = 0
    due: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether its branch may be made now."""
        return not self.outcome and (self.due is None or self.due <= now)

    def again_later(self, why: str, now: datetime) -> Heal:
        """After a try that came to nothing: another one follows, but for the last."""
        if self.tries + 1 >= _MOST_TRIES:
            return replace(self, outcome=why)
        return replace(self, tries=self.tries + 1, due=now + _FIRST_PAUSE * 2**self.tries)


@dataclass(frozen=True)
class Monitor:
    """A project that is watched.

    `interval` is in seconds; `base` is the last commit at which all tests were run. `looks` counts how often
    a look was begun, `crashes` how often whoever worked on this one went away since the last look that ended,
    `misses` how many looks in a row came to nothing.
    """

    tenant: str
    id: str
    spec: HealingSpec
    owner: str
    create_time: datetime
    interval: float
    kinds: tuple[ErrorKind, ...]
    next_look: datetime
    heal: bool = False
    push: bool = False
    last_revision: str = ""
    last_look: datetime | None = None
    base: str = ""
    failure: Failure | None = None
    heals: tuple[Heal, ...] = ()
    looks: int = 0
    crashes: int = 0
    misses: int = 0
    etag: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What the store knows it by."""
        return self.tenant, self.id

    @property
    def name(self) -> str:
        """`tenants/{tenant}/monitors/{monitor}`."""
        return f"tenants/{self.tenant}/monitors/{self.id}"

    def looked(self, look: Look, new: Sequence[FoundError], now: datetime) -> Monitor:
        """After a look that found these errors anew."""
        tests = tuple(error.subject for error in new if error.kind is ErrorKind.TEST)
        failure = look.seen.failure
        if failure is not None and failure.reason in _PASSING:  # the same revision is looked at again
            rested = self.missed(failure, now)
        else:
            rested = replace(self._rested(now, failure), last_revision=look.revision)
        seen = replace(rested, base=look.revision if look.tells_of_tests else self.base)
        return seen.asking_for(self.heal_of(look.revision, tests)) if self.heal and tests else seen

    def unchanged(self, now: datetime) -> Monitor:
        """After a look that found the revision of the last one."""
        return self._rested(now, self.failure)

    def missed(self, failure: Failure, now: datetime) -> Monitor:
        """After a look that came to nothing; each in a row makes the pause longer."""
        pause = timedelta(seconds=self.interval)
        longer = max(pause, min(pause * 2 ** min(self.misses, 16), _LONGEST_PAUSE))
        return replace(
            self, failure=failure, last_look=now, next_look=now + longer, misses=self.misses + 1, crashes=0
        )

    def heal_of(self, revision: str, tests: Sequence[str]) -> Heal:
        """The heal of tests at a revision: the one that was asked for before, or a new one."""
        for heal in reversed(self.heals):
            if heal.revision == revision and set(tests) <= set(heal.tests):
                return heal
        parts = (self.id, self.create_time.isoformat(), revision, *sorted(tests))
        digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
        base = self.spec.base_revision or self.base
        return Heal(f"{self.id[:42]}-{digest}", revision, "" if base == revision else base, tuple(tests))

    def asking_for(self, heal: Heal) -> Monitor:
        """With a heal among its own; of those that are over, the last few are kept."""
        kept = [one for one in self.heals if one.healing != heal.healing] + [heal]
        over = [one for one in kept if one.outcome]
        dropped = {one.healing for one in over[: max(0, len(over) - _KEPT_HEALS)]}
        return replace(self, heals=tuple(one for one in kept if one.healing not in dropped))

    def spec_at(self, revision: str) -> HealingSpec:
        """What to look at or heal at a revision. A folder is taken as it stands."""
        source = self.spec.source
        if not source.git_url:
            return self.spec
        return replace(self.spec, source=replace(source, git_revision=revision))

    def healing_of(self, heal: Heal, now: datetime, watch_from: int) -> Healing:
        """The healing that a heal asks for."""
        spec = replace(self.spec_at(heal.revision), base_revision=heal.base_revision, tests=heal.tests)
        return Healing(
            self.tenant, heal.healing, spec, self.owner, create_time=now, update_time=now,
            watch_from=watch_from,
        )  # fmt: skip

    def _rested(self, now: datetime, failure: Failure | None) -> Monitor:
        due = now + timedelta(seconds=self.interval)
        return replace(self, last_look=now, next_look=due, failure=failure, crashes=0, misses=0)
