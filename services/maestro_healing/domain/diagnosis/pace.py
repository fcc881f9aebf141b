"""Whether the product takes longer on purpose."""

import re
from collections.abc import Iterator

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.constants import Substitution
from maestro_healing.domain.model import Evidence, EvidenceKind

_TIME = re.compile(
    r"sleep|wait|delay|interval|timeout|period|second|millis|_ms\b|\bms\b|pause|backoff|debounce|throttle|tick|"
    r"poll|grace|linger|batch|flush|settle|latency|every|after|slow|long|later|asynchron|background|thread",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*[\d.]+")


def slower_on_purpose(change: ProductChange, gained: float) -> list[Evidence]:
    """The change of a time in the product's code that explains `gained` seconds, and a document that tells
    of it; empty where nothing in the code does.
    """
    for found in _longer(change, gained):
        line = _line(change, found)
        sentence = (
            f"The product waits longer: {found.where} (`{found.scope}`) has {found.new} where it had "
            f"{found.old}: `{line[:120]}`."
        )
        evidence = [Evidence(EvidenceKind.SLOWER_BY_DIFF, sentence)]
        return [*evidence, *_told(change, found, line)]
    return []


def _longer(change: ProductChange, gained: float) -> Iterator[Substitution]:
    for found in change.constants.substitutions:
        if found.kind != "number" or not found.new or not _TIME.search(_line(change, found)):
            continue
        old, new = float(found.old or 0), float(found.new)
        unit = 1000 if re.search(r"milli|_ms\b|\bms\b", _line(change, found), re.IGNORECASE) else 1
        if new > old and (new - old) / unit >= gained / 3 and (new - old) / unit <= 3 * gained:
            yield found


def _line(change: ProductChange, found: Substitution) -> str:
    lines = (change.project.head.text(found.file) or "").splitlines()
    return lines[found.line - 1].strip() if 0 < found.line <= len(lines) else ""


def _told(change: ProductChange, found: Substitution, line: str) -> Iterator[Evidence]:
    """A document that shows the same swap, or is new and names the number or what holds it."""
    swapped = change.prose.swapping([(found.old, found.new)]) if found.old else None
    if swapped is not None and swapped.file == found.file and swapped.line == found.line:
        swapped = None
    name = _NAME.search(line)
    words = [found.new, *([name[1]] if name else []), found.scope.rpartition(".")[2]]
    unit = f"{float(found.new) * 1000:g}"
    mentions = (change.documents.mentioning(word) for word in (*words, unit) if word)
    fitting = (mention for mention in (swapped, *mentions) if mention and _TIME.search(mention.text))
    mention = next(fitting, None)
    if mention is not None:
        sentence = f"{mention.file}:{mention.line} says: {mention.text[:160]!r}."
        yield Evidence(EvidenceKind.DOCS_NAME_IT, sentence)
