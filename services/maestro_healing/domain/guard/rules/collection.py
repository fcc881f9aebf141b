"""Hooks of pytest and names in test modules that keep tests from being collected or from failing."""

import ast
import re
from collections.abc import Iterator

from maestro_healing.domain.guard.facts import Place
from maestro_healing.domain.guard.model import Kind
from maestro_healing.domain.guard.project import Project
from maestro_healing.domain.guard.rules.binding import definitions
from maestro_healing.domain.guard.rules.weakening import Weakening
from maestro_healing.domain.guard.source import Function, Module, last_name

_HOOKS = {
    "pytest_collection_modifyitems": re.compile(
        r"skip|xfail|\bitems\[:\]\s*=|items\.(clear|remove|pop)|deselect|\bdel items"
    ),
    "pytest_ignore_collect": re.compile(r"return"),
    "pytest_runtest_makereport": re.compile(r"outcome\s*=|passed"),
    "pytest_runtest_setup": re.compile(r"skip|xfail"),
    "pytest_runtest_call": re.compile(r"except|skip|xfail|force_result"),
    "pytest_pyfunc_call": re.compile(r"except|return True"),
    "pytest_sessionfinish": re.compile(r"exitstatus\s*=|_exit|sys\.exit"),
    "pytest_unconfigure": re.compile(r"_exit"),
    "pytest_configure": re.compile(
        r"_exit|option\.(keyword|markexpr|deselect|ignore\w*|collectonly|lf)\s*=|[\"']ignore\b"
    ),
    "pytest_itemcollected": re.compile(r"skip|xfail"),
    "pytest_pycollect_makeitem": re.compile(r"return"),
    "pytest_pycollect_makemodule": re.compile(r"return"),
    "pytest_generate_tests": re.compile(r"parametrize\([^)]*\[\]\s*\)|skip|xfail"),
    "pytest_report_teststatus": re.compile(r"passed"),
    "load_tests": re.compile(r"TestSuite\(\s*\)|return\s+None"),
    "pytest_assertrepr_compare": re.compile(r"(?!)"),
    "pytest_runtest_protocol": re.compile(r"return|rerun|except"),
}
_NAMES = ("collect_ignore", "collect_ignore_glob", "__test__")


def find(old: Project, new: Project) -> Iterator[Weakening]:
    """Hooks that gained a way to let tests go by, longer ignore lists, `__test__ = False`."""
    for module in new.modules.values():
        earlier = old.modules.get(module.path)
        for function in module.functions.values():
            pattern = _HOOKS.get(function.name)
            if pattern is None or function.classes:
                continue
            before = earlier.functions.get(function.qualname) if earlier else None
            had = len(pattern.findall(before.text)) if before else 0
            if len(pattern.findall(function.text)) > had:
                text = f"`{function.name}` may now skip tests or turn failures into passes"
                yield Weakening(
                    Kind.COLLECTION_NARROWED, Place(module.path, function.qualname, function.line), text
                )
        hidden_before = {f.qualname for f in earlier.shadowed} if earlier else set()
        for function in module.shadowed:
            if function.qualname not in hidden_before and not _other_arm(module, function):
                text = f"another `{function.qualname}` further down hides this one: it never runs"
                yield Weakening(
                    Kind.TEST_UNCOLLECTED, Place(module.path, function.qualname, function.line), text
                )
        added = {ast.dump(c) for c in earlier.top_level_calls} if earlier else set()
        for call in module.top_level_calls:
            grows = isinstance(call.func, ast.Attribute) and last_name(call.func.value) in _NAMES
            if grows and ast.dump(call) not in added:
                text = f"`{ast.unparse(call)[:100]}` keeps tests from being collected"
                yield Weakening(Kind.COLLECTION_NARROWED, Place(module.path, "", call.lineno), text)
        for key, value in module.constants.items():
            name = key.rsplit("::", 1)[-1]
            former = earlier.constants.get(key) if earlier else None
            if name in _NAMES and _narrows(name, former, value):
                text = f"`{name} = {ast.unparse(value)[:100]}` keeps tests from being collected"
                yield Weakening(Kind.COLLECTION_NARROWED, Place(module.path, key, value.lineno), text)


def _other_arm(module: Module, hidden: Function) -> bool:
    """Whether what hides a function is there only under conditions that the function is not under."""
    known = [(line, found) for name, line, found in definitions(module.tree.body) if name == hidden.qualname]
    mine = next((found for line, found in known if line == hidden.line), ())
    return all(not set(found) <= set(mine) for line, found in known if line > hidden.line)


def _narrows(name: str, former: ast.expr | None, value: ast.expr) -> bool:
    if former is not None and ast.dump(former) == ast.dump(value):
        return False
    if name == "__test__":
        return isinstance(value, ast.Constant) and not value.value
    had = {ast.dump(e) for e in former.elts} if isinstance(former, ast.List | ast.Tuple) else set()
    return not isinstance(value, ast.List | ast.Tuple) or bool({ast.dump(e) for e in value.elts} - had)
