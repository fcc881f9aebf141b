"""The heals of one healing as commits: one for each cause, with its evidence in the message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maestro_healing.domain.healing import Healing
from maestro_healing.domain.model import LineEdit, TestHealing

_MOST_NAMES = 20


@dataclass(frozen=True)
class HealCommit:
    """What to commit: the new text of each file, and why."""

    message: str
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Branch:
    """Commits to make on a new branch. `originals` are the texts that the files must still have;
    `seconds` is the time of the commits since 1970, so that making them again makes the same ones.
    """

    name: str
    originals: Mapping[str, str]
    commits: tuple[HealCommit, ...]
    seconds: int


def branch_of(healing: Healing) -> Branch | None:
    """The branch of all that is HEALED and not rejected; None where there is nothing of it."""
    report = healing.report
    if report is None or healing.end_time is None:
        return None
    groups: dict[str | tuple[LineEdit, ...], list[TestHealing]] = {}
    healed = healing.healed
    for test in report.tests:
        if test.test in healed and test.edits:
            groups.setdefault(test.cause or test.edits, []).append(test)
    done: list[str] = []
    commits = []
    before: Mapping[str, str] = {}
    for tests in groups.values():
        done += [test.test for test in tests]
        after = report.edited(done)
        texts = {path: text for path, text in after.items() if before.get(path) != text}
        if texts:  # else an edit of the commits before is all that these needed
            commits.append(HealCommit(_message(healing, tests), texts))
        before = after
    if not commits:
        return None
    originals = {path: report.originals[path] for path in before}
    return Branch(f"maestro/{healing.id}", originals, tuple(commits), int(healing.end_time.timestamp()))


def _message(healing: Healing, tests: list[TestHealing]) -> str:
    first = tests[0]
    subject = first.test if len(tests) == 1 else f"{first.test} and {len(tests) - 1} more"
    names = [f"- {test.test}" for test in tests[:_MOST_NAMES]]
    if len(tests) > _MOST_NAMES:
        names.append(f"- and {len(tests) - _MOST_NAMES} more")
    evidence = [f"{number}. {sentence}" for number, sentence in enumerate(first.evidence, 1)]
    return "\n".join(
        [
            f"Heal {subject}",
            "",
            *names,
            "",
            "Evidence:",
            *evidence,
            "",
            f"Strategy: {first.strategy}, confidence {first.confidence:.2f}",
            f"Healing: {healing.name}",
            "",
        ]
    )
