"""The outcome as Markdown, for a pull request. What a project's tests are called can't break it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from maestro.healing.v1 import healing_pb2
from maestro_cli.heal.patching import merged
from maestro_cli.heal.progress import verdict_of
from maestro_cli.heal.report import by_cause, summary
from maestro_cli.output import printable

# A comment on GitHub has 65,536 characters at most; some are left for what a workflow adds.
_MOST_CHARACTERS = 60_000
_MOST_OF_TABLE = 20_000
_MOST_NAMES = 20
_LONGEST = 400
# What a person must see first.
_ORDER = ("REFUSED", "PROPOSED", "HEALED", "UNHEALED")
_SIGNS = {"REFUSED": "❌", "PROPOSED": "✋", "HEALED": "✅", "UNHEALED": "❔"}
_SAYS = {
    "REFUSED": "The product looks broken.",
    "PROPOSED": "A person must say yes.",
    "HEALED": "The test was out of date; the edit is verified.",
    "UNHEALED": "No edit survived.",
}
# As an entity a character is text, whatever Markdown or HTML would make of it.
_SPECIAL = re.compile(r"[^\w\s,;'%=/.-]|_", re.ASCII)
_NO_TEXT = re.compile(r"\s+")


def as_markdown(report: healing_pb2.Report) -> str:
    """Summary, table, and for each edit its evidence and diff, folded; no longer than a comment may be."""
    parts = [f"## Maestro\n\n{_text(summary(report))}\n"]
    if report.base_revision:
        parts.append(
            f"\nCompared with {_code(report.base_revision[:12])}, at {_code(report.head_revision)}.\n"
        )
    if report.tests:
        parts.append("\n" + "\n".join(_table(report.tests)) + "\n")
    left = _MOST_CHARACTERS - sum(map(len, parts))
    for section in _sections(report.tests):
        if len(section) > left:
            parts.append("\nThe rest is too long for a comment; `--json` has all of it.\n")
            break
        parts.append(section)
        left -= len(section)
    return "".join(parts)


def _table(tests: Sequence[healing_pb2.TestHealing]) -> Iterator[str]:
    yield "| test | verdict | strategy | confidence |"
    yield "|---|---|---|---:|"
    left = _MOST_OF_TABLE
    for number, test in enumerate(_ordered(tests)):
        verdict = verdict_of(test)
        star = " \\*" if verdict == "HEALED" and test.review == healing_pb2.REVIEW_WANTED else ""
        sure = f"{test.confidence:.2f}" if test.strategy else ""
        strategy = _code(test.strategy) if test.strategy else ""
        row = f"| {_code(test.test)} | {_SIGNS[verdict]} {verdict}{star} | {strategy} | {sure} |"
        left -= len(row)
        if left < 0:
            yield f"| and {len(tests) - number} more | | | |"
            return
        yield row


def _sections(tests: Sequence[healing_pb2.TestHealing]) -> Iterator[str]:
    said = ""
    for group in by_cause(_ordered(tests)):
        verdict = verdict_of(group[0])
        if verdict != said:
            yield f"\n### {_SIGNS[verdict]} {verdict}\n\n{_SAYS[verdict]}\n"
            said = verdict
        yield _edit(group)


def _edit(group: Sequence[healing_pb2.TestHealing]) -> str:
    """What one edit, or one refusal, is about; folded where it heals."""
    first = group[0]
    more = f" and {len(group) - 1} more" if len(group) > 1 else ""
    is_open = " open" if verdict_of(first) == "REFUSED" else ""
    lines = [f"\n<details{is_open}><summary>{_code(first.test)}{more}</summary>\n"]
    if more:
        lines += [f"- {_code(test.test)}" for test in group[:_MOST_NAMES]]
        lines += [f"- and {len(group) - _MOST_NAMES} more"] if len(group) > _MOST_NAMES else []
        lines.append("")
    if first.failure:
        lines.append(f"It failed with {_code(first.failure)}\n")
    if first.reason:
        lines.append(f"{_text(first.reason)}\n")
    lines += [f"{number}. {_text(sentence)}" for number, sentence in enumerate(first.evidence, 1)]
    if diff := merged(test.diff for test in group):
        fence = _fence(diff)
        lines += ["", f"{fence}diff", printable(diff).rstrip("\n"), fence]
    return "\n".join([*lines, "\n</details>\n"])


def _ordered(tests: Sequence[healing_pb2.TestHealing]) -> list[healing_pb2.TestHealing]:
    return sorted(tests, key=lambda test: _ORDER.index(verdict_of(test)))


def _fence(text: str) -> str:
    """One that the text does not close."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(3, longest + 1)


def _code(text: str) -> str:
    """As code in HTML: there no name of a person or an issue becomes a link either."""
    return f"<code>{_escaped(text)}</code>" if text.strip() else ""


def _text(text: str) -> str:
    """A sentence; what stands between backticks is code."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:  # one is not closed
        return _escaped(text)
    return "".join(_code(piece) if place % 2 else _escaped(piece) for place, piece in enumerate(pieces))


def _escaped(text: str) -> str:
    line = _NO_TEXT.sub(" ", printable(text))
    line = line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"
    return _SPECIAL.sub(_entity, line)


def _entity(found: re.Match[str]) -> str:
    character = found[0]
    # a zero-width space keeps a name of a person or an issue from being one
    space = "&#8203;" if character in "@#" else ""
    return f"&#{ord(character)};{space}" if character.isascii() else character
