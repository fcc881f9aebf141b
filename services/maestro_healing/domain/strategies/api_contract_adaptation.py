"""Calls and names that were right for the product's API at base."""

from collections.abc import Iterable, Iterator

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.replacement import replacements
from maestro_healing.domain.diagnosis.symptoms import (
    BadArguments,
    BadUnpacking,
    Deprecated,
    MissingAttribute,
    UnexpectedKeyword,
    read_symptom,
)
from maestro_healing.domain.model import StrategyInfo
from maestro_healing.domain.runs import COLLECT
from maestro_healing.domain.strategies import (
    accesses,
    announcements,
    arguments,
    deprecations,
    folders,
    members,
    overrides,
    unpackings,
)
from maestro_healing.domain.strategies.strategy import Case, Finding, Proposal


class ApiContractAdaptation:
    """Symbols, members, parameters and return shapes that the product changed."""

    info = StrategyInfo(
        "api_contract_adaptation",
        "renamed, moved, re-parametrised functions, methods, attributes; changed return shapes; HTTP "
        "paths and fields; a deprecated call that now is an error: the replacement that its warning "
        "names, or else the warning itself is expected",
        "API diff of old and new (griffe), similarity, how the product's own call sites changed",
        available=True,
    )

    def propose(self, case: Case, change: ProductChange) -> Iterable[Proposal]:
        """What the failure's message points at first, then members that are read or called otherwise now."""
        for found in self._found(case, change):
            yield Proposal(self.info.id, (found.rule,), tuple(found.evidence))

    def _found(self, case: Case, change: ProductChange) -> Iterator[Finding]:
        match read_symptom(case.failure):
            case MissingAttribute(name=name, owners=(module,), of_module=True):
                for replacement in (
                    replacements(f"{module}.{name}", change) if change.is_product(module) else ()
                ):
                    yield Finding(replacement.rule, replacement.evidence)
            case MissingAttribute(name=name, owners=owners):
                yield from members.renamed_member(name, owners, change)
            case UnexpectedKeyword(callable=name, keyword=keyword):
                yield from arguments.unexpected_keyword(name, keyword, case, change)
                yield from overrides.outgrown_override(name, case, change)
            case BadArguments(callable=name):
                yield from arguments.bad_arguments(name, change)
                yield from overrides.outgrown_override(name, case, change)
            case Deprecated(message=message):
                yield from deprecations.replaced(message, case, change)
                yield from folders.temporary_folder(message, change)
                yield from overrides.advised_parameter(message)
                yield from announcements.expected(message, case, change)
            case BadUnpacking(expected=expected):
                yield from unpackings.longer_tuple(expected, case, change)
        if case.failure.phase != COLLECT:
            yield from accesses.changed_access(case, change)
