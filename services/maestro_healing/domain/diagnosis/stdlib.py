"""Names that Python's own library dropped or moved, and what its documentation names instead."""

from maestro_healing.domain.diagnosis.replacement import Replacement
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.attributes import RenameAttribute
from maestro_healing.domain.rewrite.rename import RenameSymbol
from maestro_healing.domain.rewrite.rule import Rule

_ABSTRACT = [
    "Awaitable",
    "Coroutine",
    "AsyncIterable",
    "AsyncIterator",
    "AsyncGenerator",
    "Hashable",
    "Iterable",
    "Iterator",
    "Generator",
    "Reversible",
    "Sized",
    "Container",
    "Callable",
    "Collection",
    "Set",
    "MutableSet",
    "Mapping",
    "MutableMapping",
    "MappingView",
    "KeysView",
    "ItemsView",
    "ValuesView",
    "Sequence",
    "MutableSequence",
    "ByteString",
]  # of collections.abc

# Path → (where it is now, the Python that dropped it).
_MOVED: dict[str, tuple[str, str]] = {
    **{f"collections.{name}": (f"collections.abc.{name}", "3.10") for name in _ABSTRACT},
    "asyncio.async": ("asyncio.ensure_future", "3.7"),
    "base64.decodestring": ("base64.decodebytes", "3.9"),
    "base64.encodestring": ("base64.encodebytes", "3.9"),
    "cgi.escape": ("html.escape", "3.8"),
    "distutils.spawn.find_executable": ("shutil.which", "3.12"),
    "distutils.dir_util.copy_tree": ("shutil.copytree", "3.12"),
    "distutils.dir_util.remove_tree": ("shutil.rmtree", "3.12"),
    "fractions.gcd": ("math.gcd", "3.9"),
    "imp.reload": ("importlib.reload", "3.12"),
    "imp.new_module": ("types.ModuleType", "3.12"),
    "inspect.getargspec": ("inspect.getfullargspec", "3.11"),
    "inspect.formatargspec": ("inspect.signature", "3.11"),
    "os.errno": ("errno", "3.7"),
    "platform.popen": ("os.popen", "3.8"),
    "string.maketrans": ("str.maketrans", "3.0"),
    "time.clock": ("time.perf_counter", "3.8"),
    "xml.etree.cElementTree": ("xml.etree.ElementTree", "3.9"),
}
_MODULES = {"xml.etree.cElementTree", "os.errno"}

# unittest.TestCase method → its name since Python 2.7, the only one since 3.12.
_TEST_CASE = {
    "assertAlmostEquals": "assertAlmostEqual",
    "assertEquals": "assertEqual",
    "assertItemsEqual": "assertCountEqual",
    "assertNotAlmostEquals": "assertNotAlmostEqual",
    "assertNotEquals": "assertNotEqual",
    "assertNotRegexpMatches": "assertNotRegex",
    "assertRaisesRegexp": "assertRaisesRegex",
    "assertRegexpMatches": "assertRegex",
    "assert_": "assertTrue",
    "failIf": "assertFalse",
    "failUnless": "assertTrue",
    "failUnlessEqual": "assertEqual",
    "failUnlessRaises": "assertRaises",
}


def dropped_names(module: str) -> tuple[str, ...]:
    """Paths of what the module offered and Python dropped."""
    return tuple(path for path in _MOVED if path.startswith(f"{module}."))


def stdlib_replacement(path: str, python: str) -> Replacement | None:
    """What Python has in the place of a name that version `python` dropped;
    None where it has it, or never had.
    """
    owner, _, name = path.rpartition(".")
    if owner == "unittest.TestCase" and name in _TEST_CASE:
        new = _TEST_CASE[name]
        return _replacement(RenameAttribute(name, new), path, f"{owner}.{new}", "3.12")
    moved = _MOVED.get(path)
    if moved is None or _version(python) < _version(moved[1]):
        return None
    return _replacement(RenameSymbol(path, moved[0], is_module=path in _MODULES), path, moved[0], moved[1])


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())


def _replacement(rule: Rule, old: str, new: str, since: str) -> Replacement:
    sentence = f"Python {since} dropped `{old}`; its documentation names `{new}` instead."
    return Replacement(rule, (Evidence(EvidenceKind.LANGUAGE_FACT, sentence),))
