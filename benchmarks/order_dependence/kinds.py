"""How one test may come to depend on another: what the one does, and what the other then misses."""

import ast
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

# A product's files: module name → text.
Modules = Mapping[str, str]


@dataclass(frozen=True)
class Dependence:
    """Lines for two tests: one `leaves` something, at its end, and the other `checks`, at its beginning.

    With `is_needed` the check holds only where the other test ran before it, and else only where it did not.
    """

    leaves: tuple[str, ...]
    checks: tuple[str, ...]
    is_needed: bool = False


Kind = Callable[[str, Modules, random.Random], Dependence | None]


def _module_value(package: str, modules: Modules, chance: random.Random) -> Dependence | None:
    def is_plain(value: ast.expr) -> bool:
        return isinstance(value, ast.Constant) and isinstance(value.value, int | str)

    found = [(m, name, ast.unparse(value)) for m, name, value in _assigned(modules) if is_plain(value)]
    if not found:
        return None
    module, name, value = chance.choice(found)
    return _on(module, f'{module}.{name} = "planted"', f"assert {module}.{name} == {value}")


def _registered(package: str, modules: Modules, chance: random.Random) -> Dependence | None:
    ways = {ast.Dict: '{}["planted"] = True', ast.List: '{}.append("planted")', ast.Set: '{}.add("planted")'}
    found = [(m, name, ways[type(value)]) for m, name, value in _assigned(modules) if type(value) in ways]
    if not found:
        return None
    module, name, way = chance.choice(found)
    return _on(module, way.format(f"{module}.{name}"), f'assert "planted" not in {module}.{name}')


def _replaced(package: str, modules: Modules, chance: random.Random) -> Dependence | None:
    found = [(module, one.name) for module, one in _public(modules, ast.FunctionDef)]
    if not found:
        return None
    module, name = chance.choice(found)
    return _on(
        module,
        f"{module}.{name} = lambda *args, **kwargs: None",
        f'assert {module}.{name}.__name__ != "<lambda>"',
    )


def _class_attribute(package: str, modules: Modules, chance: random.Random) -> Dependence | None:
    found = [(module, one.name) for module, one in _public(modules, ast.ClassDef)]
    if not found:
        return None
    module, name = chance.choice(found)
    return _on(module, f"{module}.{name}.planted = True", f'assert not hasattr({module}.{name}, "planted")')


def _environment(package: str, modules: Modules, chance: random.Random) -> Dependence:
    name = f"{package.upper()}_MODE"
    return _on("os", f'os.environ["{name}"] = "strict"', f'assert "{name}" not in os.environ')


def _folder(package: str, modules: Modules, chance: random.Random) -> Dependence:
    return _on("os", "os.chdir(os.pardir)", 'assert os.path.exists("PKG-INFO")')


def _file(package: str, modules: Modules, chance: random.Random) -> Dependence:
    name = f"{package}-{chance.randrange(1000)}.tmp"
    return Dependence(
        (f'with open("{name}", "w") as stream:', '    stream.write("planted")'),
        ("import os", f'assert not os.path.exists("{name}")'),
    )


def _log_level(package: str, modules: Modules, chance: random.Random) -> Dependence:
    logger = f'logging.getLogger("{package}")'
    return _on("logging", f"{logger}.setLevel(logging.CRITICAL)", f"assert {logger}.isEnabledFor(30)")


def _needed(package: str, modules: Modules, chance: random.Random) -> Dependence:
    name = f"{package.upper()}_HOME"
    lines = f'os.environ["{name}"] = "planted"', f'assert os.environ.get("{name}") == "planted"'
    return Dependence(("import os", lines[0]), ("import os", lines[1]), is_needed=True)


KINDS: Mapping[str, Kind] = {
    "module value": _module_value,
    "registered": _registered,
    "replaced function": _replaced,
    "class attribute": _class_attribute,
    "environment": _environment,
    "working directory": _folder,
    "left file": _file,
    "log level": _log_level,
    "needed": _needed,
}


def _on(module: str, leaves: str, checks: str) -> Dependence:
    return Dependence((f"import {module}", leaves), (f"import {module}", checks))


def _assigned(modules: Modules) -> Iterator[tuple[str, str, ast.expr]]:
    """Module, name and value of plain assignments at the top of modules."""
    for module, text in modules.items():
        for node in ast.parse(text).body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("__"):
                    yield module, name, value


def _public(
    modules: Modules, kind: type[ast.FunctionDef] | type[ast.ClassDef]
) -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    for module, text in modules.items():
        named = (node for node in ast.parse(text).body if isinstance(node, kind))
        yield from islice(((module, node) for node in named if not node.name.startswith("_")), 20)
