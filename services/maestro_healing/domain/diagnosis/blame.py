"""Product or test? Says that the product looks broken only where something in it contradicts itself."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.examples import contradicted_example
from maestro_healing.domain.diagnosis.promises import Promise, kept_promise
from maestro_healing.domain.diagnosis.signatures import signature_change
from maestro_healing.domain.diagnosis.symptoms import (
    BadArguments,
    MissingAttribute,
    MissingModule,
    MissingName,
    UnexpectedKeyword,
    read_symptom,
)
from maestro_healing.domain.runs import Frame, TestFailure


@dataclass(frozen=True)
class Refusal:
    """Why the product looks broken: a sentence that a reviewer can check, and what supports it."""

    reason: str
    evidence: tuple[str, ...] = ()


def blame(failure: TestFailure, change: ProductChange, texts: Mapping[str, str]) -> Refusal | None:
    """Why the product looks broken, given a test that base passes; None without positive evidence.

    `texts` are the test-side files.
    """
    product = frozenset(change.project.head.product)
    innermost = failure.frames[-1] if failure.frames else None
    if innermost is not None and innermost.file in product:
        found = _contradicts_itself(failure, innermost, change, texts)
        if found:
            return found
    vanished = _still_used(failure, change)
    if vanished:
        return vanished
    example = contradicted_example(failure, change, texts)
    if example is not None:
        reason = f"the product looks broken because its own example at {example.where} still says otherwise"
        return Refusal(f"{reason}: `{example.text}`.", (failure.headline,))
    promise = kept_promise(failure, change, texts)
    return _broken_promise(promise) if promise else None


def _contradicts_itself(
    failure: TestFailure, frame: Frame, change: ProductChange, texts: Mapping[str, str]
) -> Refusal | None:
    """A crash inside the product that the test cannot have caused."""
    where = f"{frame.file}:{frame.line}"
    if (
        failure.is_a("NameError")
        and (failure.name or "")
        and not _named_in(failure.name, texts.get(failure.file, ""))
    ):
        reason = f"the product looks broken because {where} uses `{failure.name}`, which is not defined there"
        return Refusal(f"{reason}: `{frame.source}`.", (f"{failure.headline} ({where}).",))
    match read_symptom(failure):
        case MissingAttribute(name=name, owners=(module,), of_module=True):
            path = f"{module}.{name}"
        case MissingName(module=module, name=name):
            path = f"{module}.{name}"
        case MissingModule(module=module):
            path = module
        case UnexpectedKeyword(callable=called) | BadArguments(callable=called):
            return _miscalled(called, frame, failure, change, texts)
        case _:
            return None
    if not _went_away(path, change):
        return None
    reason = f"the product looks broken because {where} still uses `{path}`, which is gone at head"
    return Refusal(f"{reason}: `{frame.source}`.", (f"{failure.headline} ({where}).",))


def _miscalled(
    called: str, frame: Frame, failure: TestFailure, change: ProductChange, texts: Mapping[str, str]
) -> Refusal | None:
    changed = signature_change(called, change)
    if changed is None or f"{changed.callee}(" not in frame.source:
        return None
    if any(re.search(rf"def {re.escape(changed.callee)}\b", text) for text in texts.values()):
        return None  # a test's own stand-in may be what was called
    where = f"{frame.file}:{frame.line}"
    reason = (
        f"the product looks broken because {where} still calls `{changed.new.path}` in the old way, "
        f"which changed at {changed.new.where}: `{frame.source}`."
    )
    return Refusal(reason, (f"{failure.headline} ({where}).",))


def _named_in(name: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def _went_away(path: str, change: ProductChange) -> bool:
    return change.base is not None and change.base.has(path) and not change.head.has(path)


def _still_used(failure: TestFailure, change: ProductChange) -> Refusal | None:
    """A name that the test misses, and that the product itself still imports or lists in `__all__`."""
    match read_symptom(failure):
        case (
            MissingAttribute(name=name, owners=(module,), of_module=True)
            | MissingName(module=module, name=name)
        ):
            pass
        case _:
            return None
    path = f"{module}.{name}"
    if not _went_away(path, change):
        return None
    for file, line, how in _uses(path, change):
        reason = (
            f"the product looks broken because {file}:{line} still {how} `{name}`, which `{module}` lost."
        )
        return Refusal(reason, (failure.headline,))
    return None


def _uses(path: str, change: ProductChange) -> Iterator[tuple[str, int, str]]:
    module, _, name = path.rpartition(".")
    tree = change.project.head
    for file in tree.product:
        text = tree.text(file)
        if text is None or name not in text:
            continue
        try:
            parsed = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        guarded = {
            inner for node in ast.walk(parsed) if isinstance(node, ast.Try) for inner in ast.walk(node)
        }
        for node in ast.walk(parsed):
            if node in guarded:
                continue
            match node:
                case ast.ImportFrom(module=source, names=aliases, level=0) if source == module:
                    if any(alias.name == name for alias in aliases):
                        yield file, node.lineno, "imports"
                case ast.Assign(
                    targets=[ast.Name(id="__all__")], value=ast.List(elts=names) | ast.Tuple(elts=names)
                ):
                    listed = any(isinstance(n, ast.Constant) and n.value == name for n in names)
                    if listed and tree.module_name(file) == module:
                        yield file, node.lineno, "lists in `__all__`"


def _broken_promise(promise: Promise) -> Refusal:
    reason = (
        f"the product looks broken because `{promise.symbol.path}` ({promise.symbol.where}) now behaves "
        f"otherwise, though {promise.statement}."
    )
    return Refusal(reason, promise.evidence)
