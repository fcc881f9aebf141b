"""Names that a module answers only when asked, through its own `__getattr__`."""

import ast

from maestro_healing.domain.diagnosis.surface import Surface


def lazy_target(path: str, surface: Surface) -> str | None:
    """The dotted path of what a module's `__getattr__` gives for a name; None where that can't be told."""
    module, _, name = path.rpartition(".")
    function = surface.get(f"{module}.__getattr__")
    if function is None or not module:
        return None
    try:
        body = ast.parse(function.source).body
    except SyntaxError:
        return None
    home = surface.definitions.get(function.parent)
    is_package = home is not None and home.file.endswith("__init__.py")
    match body:
        case [ast.FunctionDef(args=ast.arguments(args=[asked]), body=statements)]:
            target = _answer(statements, asked.arg, name, _package_of(function.parent, is_package))
        case _:
            return None
    if target is None:
        return None
    full = target if "." in target else f"{function.parent}.{target}"
    return full if surface.has(full) else None


def _package_of(module: str, is_package: bool) -> str:
    return module if is_package else module.rpartition(".")[0]


def _answer(statements: list[ast.stmt], asked: str, name: str, package: str) -> str | None:
    """What the branch for the name returns."""
    for statement in statements:
        match statement:
            case ast.If(test=test, body=body, orelse=otherwise):
                if _is_about(test, asked, name):
                    return _returned(body, asked, name, package)
                found = _answer(otherwise, asked, name, package)
                if found:
                    return found
    return None


def _is_about(test: ast.expr, asked: str, name: str) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id=left), ops=[ast.Eq()], comparators=[ast.Constant(value=value)]):
            return left == asked and value == name
        case ast.Compare(
            left=ast.Name(id=left),
            ops=[ast.In()],
            comparators=[ast.Set(elts=names) | ast.Tuple(elts=names) | ast.List(elts=names)],
        ):
            return left == asked and any(isinstance(n, ast.Constant) and n.value == name for n in names)
    return False


def _returned(body: list[ast.stmt], asked: str, name: str, package: str) -> str | None:
    """The path of what is returned: an import of the branch, a global, or `globals()[f"_{name}"]`."""
    imported: dict[str, str] = {}
    for statement in body:
        match statement:
            case ast.ImportFrom(module=source, names=aliases, level=level):
                parts = package.split(".")[: len(package.split(".")) + 1 - level] if level else []
                front = ".".join([*parts, *([source] if source else [])])
                imported |= {alias.asname or alias.name: f"{front}.{alias.name}" for alias in aliases}
            case ast.Return(value=ast.Name(id=found)):
                return imported.get(found, found)
            case ast.Return(value=ast.Subscript(value=ast.Call(func=ast.Name(id="globals")), slice=key)):
                return _key(key, asked, name)
    return None


def _key(key: ast.expr, asked: str, name: str) -> str | None:
    """The text of a subscript in which only the asked name is filled in."""
    match key:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            texts = []
            for part in parts:
                match part:
                    case ast.Constant(value=str() as text):
                        texts.append(text)
                    case ast.FormattedValue(value=ast.Name(id=found)) if found == asked:
                        texts.append(name)
                    case _:
                        return None
            return "".join(texts)
    return None
