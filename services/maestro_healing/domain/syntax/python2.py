"""Python 2 as Python 3 writes it, by lib2to3's fixers as fissix keeps them."""

import logging
import re

# What Python 3 cannot even read; names that are merely gone show when the tests run.
SYNTAX = ("print", "except", "raise", "throw", "exec", "repr", "ne", "numliterals", "tuple_params", "paren")
_RAW_UNICODE = re.compile(r"(?<![\w'\"])[uU][rR](?=['\"])")


def modernized(text: str, fixers: tuple[str, ...] = SYNTAX) -> str:
    """The text with the named fixers applied; as it was where it is no Python 2 either."""
    # Imported where it is needed: it builds its grammars as it is imported.
    from fissix.pgen2.parse import ParseError
    from fissix.pgen2.tokenize import TokenError
    from fissix.refactor import RefactoringTool

    logging.getLogger("RefactoringTool").setLevel(logging.ERROR)
    text = _RAW_UNICODE.sub("r", text)
    end = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n")
    padding = "" if plain.endswith("\n") else "\n"
    tool = RefactoringTool([f"fissix.fixes.fix_{name}" for name in fixers])
    try:
        tree = tool.refactor_string(plain + padding, "<test>")
    except (ParseError, TokenError, IndentationError, RecursionError, AssertionError):
        return text
    changed = str(tree)
    return (changed.removesuffix(padding) if padding else changed).replace("\n", end)
