"""Which test files an edit reaches."""

import ast
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath


def dependents(edited: Collection[str], texts: Mapping[str, str]) -> list[str]:
    """Test files that are edited, import an edited helper, lie below an edited conftest, or name an edited
    data file, in order.
    """
    found = set()
    helpers = {path for path in edited if not _has_tests(path)}
    data = {PurePosixPath(path).name for path in edited if not path.endswith(".py")}
    for path in texts:
        if not _has_tests(path):
            continue
        is_below = any(_covers(helper, path) for helper in helpers)
        is_reader = any(name in texts[path] for name in data)
        is_importer = _imports(texts[path], {PurePosixPath(h).stem for h in helpers})
        if path in edited or is_below or is_reader or is_importer:
            found.add(path)
    return sorted(found)


def _has_tests(path: str) -> bool:
    name = PurePosixPath(path).name
    return name.startswith("test_") or name.endswith("_test.py")


def _covers(helper: str, path: str) -> bool:
    return helper.endswith("conftest.py") and PurePosixPath(path).is_relative_to(PurePosixPath(helper).parent)


def _imports(text: str, names: Collection[str]) -> bool:
    if not names:
        return False
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                parts = {part for alias in aliases for part in alias.name.split(".")}
            case ast.ImportFrom(module=module, names=aliases):
                parts = {*(module or "").split("."), *(alias.name for alias in aliases)}
            case _:
                continue
        if parts & set(names):
            return True
    return False
