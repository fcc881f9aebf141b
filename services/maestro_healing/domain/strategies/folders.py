"""A deprecated way to work in a folder of one's own, whose warning names Python's or pytest's."""

import ast
import re
from collections.abc import Iterator

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.hints import read_hints
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.folders import UseTemporaryFolder
from maestro_healing.domain.strategies.strategy import Finding

_NAMED = re.compile(r"\b(?:TemporaryDirectory|tmp_path)\b")


def temporary_folder(message: str, change: ProductChange) -> Iterator[Finding]:
    """Where the message names a temporary folder for a context manager that also changed into one."""
    if not _NAMED.search(message):
        return
    for old in dict.fromkeys(hint.old.rpartition(".")[2] for hint in read_hints(message)):
        for symbol in change.base.named(old) if change.base else ():
            if "chdir" not in _names(symbol.source):
                continue
            sentence = f"`{symbol.path}` made a folder and changed into it ({symbol.where} at base)."
            quote = f"The warning says: {' '.join(message.split())[:200]!r}."
            evidence = [
                Evidence(EvidenceKind.WARNING_NAMES_IT, quote),
                Evidence(EvidenceKind.API_CHANGED, sentence),
            ]
            yield Finding(UseTemporaryFolder(old), evidence)


def _names(source: str) -> set[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
