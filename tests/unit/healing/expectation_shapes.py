"""Shapes of expectations: a product at base and at head, a test that fails at head, and the edit of it."""

from dataclasses import dataclass, field
from textwrap import dedent

from maestro_healing.domain.model import EvidenceKind as K


@dataclass(frozen=True)
class Shape:
    """The lines of a diff (`-` and `+`) that the first proposal makes in the test; none where there is none.

    `{product}` stands for the product's module in the test's text.
    """

    name: str
    base: str
    head: str
    test: str
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    kinds: frozenset[K] = frozenset()
    absent: frozenset[K] = frozenset()
    case: str = "test_it"
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def module(self) -> str:
        """The product's module."""
        return f"shop_{self.name}"

    @property
    def test_text(self) -> str:
        """The test's file."""
        return dedent(self.test).lstrip("\n").replace("{product}", self.module)


def returns(value: str) -> str:
    """A product whose one function gives a value."""
    return f"def give(*args):\n    return {value}\n"


WITNESSES = frozenset({K.CHANGED_ELSEWHERE, K.DOCS_NAME_IT, K.TESTS_UPDATED})
ALONE = frozenset({K.OBSERVED_VALUE, K.OBSERVED_ONLY})

LITERALS = (
    Shape(
        "plain",
        returns("'in 2 years'"),
        returns("'in a year'"),
        """
        from {product} import give


        def test_it():
            assert give() == "in 2 years"  # as people say
        """,
        ('    assert give() == "in 2 years"  # as people say',),
        ('    assert give() == "in a year"  # as people say',),
        kinds=frozenset({K.OBSERVED_VALUE, K.PRODUCT_DIFF}),
        absent=WITNESSES,
    ),
    Shape(
        "left_side",
        returns("14"),
        returns("12"),
        """
        from {product} import give


        def test_it():
            assert 14 == give()
        """,
        ("    assert 14 == give()",),
        ("    assert 12 == give()",),
        kinds=frozenset({K.OBSERVED_VALUE}),
        absent=WITNESSES,
    ),
    Shape(
        "chained",
        returns("3"),
        returns("4"),
        """
        from {product} import give


        def test_it():
            assert 1 < give() == 3
        """,
        ("    assert 1 < give() == 3",),
        ("    assert 1 < give() == 4",),
    ),
    Shape(
        "identity",
        returns("True"),
        returns("False"),
        """
        from {product} import give


        def test_it():
            assert give() is True
        """,
        ("    assert give() is True",),
        ("    assert give() is False",),
    ),
    Shape(
        "none_to_value",
        returns("None"),
        returns("''"),
        """
        from {product} import give


        def test_it():
            assert give(-1) is None
        """,
        ("    assert give(-1) is None",),
        ('    assert give(-1) == ""',),
    ),
    Shape(
        "local_variable",
        returns("['a', 'b', 'c']"),
        returns("['a', 'b']"),
        """
        from {product} import give


        def test_it():
            expected = ["a", "b", "c"]
            result = give()
            assert result == expected
        """,
        ('    expected = ["a", "b", "c"]',),
        ('    expected = ["a", "b"]',),
    ),
    Shape(
        "parametrized",
        "def give(x):\n    return x * 2\n",
        "def give(x):\n    return x * 3\n",
        """
        import pytest
        from {product} import give


        @pytest.mark.parametrize(
            ("given", "expected"),
            [
                (0, 0),  # nothing
                (1, 2),
                pytest.param(2, 4, id="two"),
            ],
        )
        def test_it(given, expected):
            assert give(given) == expected
        """,
        ('        pytest.param(2, 4, id="two"),',),
        ('        pytest.param(2, 6, id="two"),',),
        case="test_it[two]",
    ),
    Shape(
        "stacked_parametrize",
        "def give(x, y):\n    return [x, y]\n",
        "def give(x, y):\n    return [x.lower(), y]\n",
        """
        import pytest
        from {product} import give


        @pytest.mark.parametrize("y", [1, 2])
        @pytest.mark.parametrize("value, expect", [(False, ["Au", "al"]), (True, ["al"])])
        def test_it(value, expect, y):
            assert give("Au" if not value else "al", y)[0] == expect[0]
        """,
        ('@pytest.mark.parametrize("value, expect", [(False, ["Au", "al"]), (True, ["al"])])',),
        ('@pytest.mark.parametrize("value, expect", [(False, ["au", "al"]), (True, ["al"])])',),
        case="test_it[False-expect0-1]",
    ),
    Shape(
        "loop_table",
        "def give(x):\n    return x * 2\n",
        "def give(x):\n    return x * 2 if x < 2 else 5\n",
        """
        from {product} import give


        def test_it():
            for given, expected in [
                (1, 2),
                (2, 4),  # twice
            ]:
                assert give(given) == expected
        """,
        ("        (2, 4),  # twice",),
        ("        (2, 5),  # twice",),
    ),
    Shape(
        "module_constant",
        returns("{'type': 'heading', 'style': 'axt', 'level': 1}"),
        returns("{'type': 'heading', 'style': 'atx', 'level': 1, 'raw': None}"),
        """
        from {product} import give

        HEADING = {
            "type": "heading",
            "style": "axt",  # as it was
            "level": 1,
        }


        def test_it():
            assert give() == HEADING
        """,
        ('    "style": "axt",  # as it was',),
        ('    "style": "atx",  # as it was', '    "raw": None,'),
    ),
    Shape(
        "helper_argument",
        returns("'b'"),
        returns("'c'"),
        """
        from {product} import give


        def check(text, *, expected):
            assert text == expected


        def test_it():
            check(give(), expected="b")
        """,
        ('    check(give(), expected="b")',),
        ('    check(give(), expected="c")',),
    ),
    Shape(
        "nested_leaf",
        returns("[{'a': [1, 2]}, {'b': 'x'}]"),
        returns("[{'a': [1, 3]}, {'b': 'x'}]"),
        """
        from {product} import give


        def test_it():
            assert give() == [
                {"a": [1, 2]},   # odd   spacing
                {"b": 'x'},
            ]
        """,
        ('        {"a": [1, 2]},   # odd   spacing',),
        ('        {"a": [1, 3]},   # odd   spacing',),
    ),
    Shape(
        "multi_line_string",
        returns("'one\\ntwo\\nthree\\n'"),
        returns("'one\\n2\\nthree\\n'"),
        '''
        from {product} import give


        def test_it():
            assert give() == """\\
        one
        two
        three
        """
        ''',
        ("two",),
        ("2",),
    ),
    Shape(
        "adjacent_strings",
        returns("'the quick brown fox'"),
        returns("'the slow brown fox'"),
        """
        from {product} import give


        def test_it():
            assert give() == (
                "the quick "
                "brown fox"
            )
        """,
        ('        "the quick "',),
        ('        "the slow "',),
    ),
    Shape(
        "joined_lines",
        returns("'a\\nb\\n'"),
        returns("'a\\nB\\n'"),
        """
        from {product} import give


        def test_it():
            assert give() == "\\n".join([
                "a",
                "b",
                ""])
        """,
        ('        "b",',),
        ('        "B",',),
    ),
    Shape(
        "f_string",
        "def give(x):\n    return 'No such option: ' + x\n",
        "def give(x):\n    return f'No such option {x!r}.'\n",
        """
        import pytest
        from {product} import give


        @pytest.mark.parametrize("flag", ["--foo", "-f"])
        def test_it(flag):
            assert f"No such option: {flag}" in give(flag)
        """,
        ('    assert f"No such option: {flag}" in give(flag)',),
        ("    assert f\"No such option '{flag}'.\" in give(flag)",),
        kinds=frozenset({K.OBSERVED_VALUE}),
        case="test_it[--foo]",
    ),
)

INDIRECT = (
    Shape(
        "fixture",
        returns("{'a': 1}"),
        returns("{'a': 2}"),
        """
        import pytest
        from {product} import give


        @pytest.fixture
        def expected():
            return {"a": 1}


        def test_it(expected):
            assert give() == expected
        """,
        ('    return {"a": 1}',),
        ('    return {"a": 2}',),
    ),
    Shape(
        "class_attribute",
        returns("'a'"),
        returns("'b'"),
        """
        from {product} import give


        class TestIt:
            expected = "a"

            def test_it(self):
                assert give() == self.expected
        """,
        ('    expected = "a"',),
        ('    expected = "b"',),
        case="TestIt::test_it",
    ),
    Shape(
        "set_up",
        returns("'a'"),
        returns("'b'"),
        """
        import unittest

        from {product} import give


        class TestIt(unittest.TestCase):
            def setUp(self):
                self.expected = "a"

            def test_it(self):
                self.assertEqual(self.expected, give())
        """,
        ('        self.expected = "a"',),
        ('        self.expected = "b"',),
        case="TestIt::test_it",
    ),
    Shape(
        "constants_in_constants",
        returns("{'name': 'x', 'params': [{'type': 'int', 'flag': None}]}"),
        returns("{'name': 'x', 'params': [{'type': 'int', 'flag': False}]}"),
        """
        import pytest
        from {product} import give

        OPTION = (
            "option",
            {
                "type": "int",
                "flag": None,
            },
        )
        COMMAND = ("x", {"name": "x", "params": [OPTION[1]]})


        @pytest.mark.parametrize(("name", "expect"), [pytest.param(*COMMAND, id="command")])
        def test_it(name, expect):
            assert give(name) == expect
        """,
        ('        "flag": None,',),
        ('        "flag": False,',),
        case="test_it[command]",
    ),
    Shape(
        "repr_of_a_parameter",
        "def give(x):\n    return repr(str(x))\n",
        "def give(x):\n    return repr(x)\n",
        """
        import pytest
        from {product} import give


        @pytest.mark.parametrize(("value", "expect"), [(42, "42"), ("a", "a")])
        def test_it(value, expect):
            assert give(value) == repr(expect)
        """,
        ('@pytest.mark.parametrize(("value", "expect"), [(42, "42"), ("a", "a")])',),
        ('@pytest.mark.parametrize(("value", "expect"), [(42, 42), ("a", "a")])',),
        case="test_it[42-42]",
    ),
    Shape(
        "approximate",
        returns("3.14159"),
        returns("2.718281828459"),
        """
        import pytest
        from {product} import give


        def test_it():
            assert give() == pytest.approx(3.14159)
        """,
        ("    assert give() == pytest.approx(3.14159)",),
        ("    assert give() == pytest.approx(2.718282)",),
    ),
    Shape(
        "matchers",
        returns("{'id': 7, 'at': [1, 2.5], 'name': 'a'}"),
        returns("{'id': 7, 'at': [1, 2.5], 'name': 'b'}"),
        """
        from unittest.mock import ANY

        import pytest
        from {product} import give


        def test_it():
            assert give() == {"id": ANY, "at": [1, pytest.approx(2.5)], "name": "a"}
        """,
        ('    assert give() == {"id": ANY, "at": [1, pytest.approx(2.5)], "name": "a"}',),
        ('    assert give() == {"id": ANY, "at": [1, pytest.approx(2.5)], "name": "b"}',),
    ),
    Shape(
        "mock_call",
        "def give(send):\n    send('a', retries=1)\n",
        "def give(send):\n    send('a', retries=2)\n",
        """
        from unittest.mock import Mock

        from {product} import give


        def test_it():
            send = Mock()
            give(send)
            send.assert_called_once_with("a", retries=1)
        """,
        ('    send.assert_called_once_with("a", retries=1)',),
        ('    send.assert_called_once_with("a", retries=2)',),
    ),
)

TYPES = (
    Shape(
        "enum",
        "import enum\n\nclass Color(enum.Enum):\n    RED = 1\n    BLUE = 2\n\ndef give():\n    return Color.RED\n",
        "import enum\n\nclass Color(enum.Enum):\n    RED = 1\n    BLUE = 2\n\ndef give():\n    return Color.BLUE\n",
        """
        from {product} import Color, give


        def test_it():
            assert give() == Color.RED
        """,
        ("    assert give() == Color.RED",),
        ("    assert give() == Color.BLUE",),
    ),
    Shape(
        "datetime",
        "import datetime\n\ndef give():\n    return datetime.datetime(2013, 1, 2)\n",
        "import datetime\n\ndef give():\n    return datetime.datetime(2013, 1, 3)\n",
        """
        from datetime import datetime

        from {product} import give


        def test_it():
            assert give() == datetime(2013, 1, 2)
        """,
        ("    assert give() == datetime(2013, 1, 2)",),
        ("    assert give() == datetime(2013, 1, 3)",),
    ),
    Shape(
        "dataclass",
        "import dataclasses\n\n@dataclasses.dataclass\nclass P:\n    x: int\n    y: int\n\ndef give():\n    return [P(1, 2)]\n",
        "import dataclasses\n\n@dataclasses.dataclass\nclass P:\n    x: int\n    y: int\n\ndef give():\n    return [P(1, 5)]\n",
        """
        from {product} import P, give


        def test_it():
            assert give() == [P(x=1, y=2)]
        """,
        ("    assert give() == [P(x=1, y=2)]",),
        ("    assert give() == [P(x=1, y=5)]",),
    ),
    Shape(
        "swapped_constructor",
        "import collections\n\ndef one():\n    return collections.OrderedDict()\n\ndef give():\n    value = collections.OrderedDict()\n    return [value]\n",
        "from collections import Counter\n\ndef one():\n    return Counter()\n\ndef give():\n    value = Counter()\n    return [type(value)]\n",
        """
        import collections

        from {product} import one


        def test_it():
            assert type(one()) == type(collections.OrderedDict())
        """,
        ("    assert type(one()) == type(collections.OrderedDict())",),
        ("    assert type(one()) == type(collections.Counter())",),
        kinds=frozenset({K.PRODUCT_DIFF, K.CHANGED_ELSEWHERE}),
    ),
)

UNITTEST = (
    Shape(
        "unittest_equal",
        returns("'a'"),
        returns("'b'"),
        """
        import unittest

        from {product} import give


        class TestIt(unittest.TestCase):
            def test_it(self):
                self.assertEqual(give(), 'a')
        """,
        ("        self.assertEqual(give(), 'a')",),
        ("        self.assertEqual(give(), 'b')",),
        case="TestIt::test_it",
    ),
    Shape(
        "unittest_in",
        returns("'Error: bar is not a valid float\\n'"),
        returns("\"Error: 'bar' is not a valid float.\\n\""),
        """
        import unittest

        from {product} import give


        class TestIt(unittest.TestCase):
            def test_it(self):
                self.assertIn("bar is not a valid float", give())
        """,
        ('        self.assertIn("bar is not a valid float", give())',),
        ("        self.assertIn(\"'bar' is not a valid float.\", give())",),
        case="TestIt::test_it",
    ),
)

MESSAGES = (
    Shape(
        "fragment",
        returns("'Usage: x\\n\\nError: --foo option requires an argument\\n'"),
        returns("\"Usage: x\\n\\nError: Option '--foo' requires an argument.\\n\""),
        """
        from {product} import give


        def test_it():
            assert "--foo option requires an argument" in give()
        """,
        ('    assert "--foo option requires an argument" in give()',),
        ("    assert \"'--foo' requires an argument.\" in give()",),
    ),
    Shape(
        "starts_with",
        returns("'usage: x\\nrest'"),
        returns("'Usage: x y\\nrest'"),
        """
        from {product} import give


        def test_it():
            out = give()
            assert out.startswith("usage: x\\n")
        """,
        ('    assert out.startswith("usage: x\\n")',),
        ('    assert out.startswith("Usage: x y\\n")',),
    ),
    Shape(
        "allowed_set",
        returns("['codecs', 're']"),
        returns("['codecs', 're', 'typing']"),
        """
        from {product} import give

        ALLOWED = {"codecs", "re", "weakref"}


        def test_it():
            for name in give():
                assert name in ALLOWED
        """,
        ('ALLOWED = {"codecs", "re", "weakref"}',),
        ('ALLOWED = {"codecs", "re", "typing", "weakref"}',),
    ),
    Shape(
        "raised_type",
        "def give(x):\n    raise AttributeError(f'unknown {x}')\n\ndef one(x):\n    raise AttributeError('no')\n\ndef two(x):\n    raise AttributeError\n",
        "def give(x):\n    raise ValueError(f'unknown {x}')\n\ndef one(x):\n    raise ValueError('no')\n\ndef two(x):\n    raise ValueError\n",
        """
        import pytest
        from {product} import give


        def test_it():
            with pytest.raises(AttributeError):
                give(1)
        """,
        ("    with pytest.raises(AttributeError):",),
        ("    with pytest.raises(ValueError):",),
        kinds=frozenset({K.PRODUCT_DIFF, K.CHANGED_ELSEWHERE}),
    ),
    Shape(
        "raised_message",
        "def give(x):\n    raise ValueError('invalid choice: %s (choose)' % x)\n",
        "def give(x):\n    raise ValueError('%r is not a choice' % x)\n",
        """
        import pytest
        from {product} import give


        def test_it():
            with pytest.raises(ValueError, match=r"choice: meh \\(choose\\)"):
                give("meh")
        """,
        ('    with pytest.raises(ValueError, match=r"choice: meh \\(choose\\)"):',),
        ("    with pytest.raises(ValueError, match=r\"'meh' is not a choice\"):",),
        kinds=frozenset({K.OBSERVED_VALUE}),
    ),
    Shape(
        "exception_text",
        "def give():\n    raise ValueError('bad thing')\n",
        "def give():\n    raise ValueError('bad stuff')\n",
        """
        import pytest
        from {product} import give


        def test_it():
            with pytest.raises(ValueError) as caught:
                give()
            assert str(caught.value) == "bad thing"
        """,
        ('    assert str(caught.value) == "bad thing"',),
        ('    assert str(caught.value) == "bad stuff"',),
    ),
)

NOTHING = (
    Shape(
        "crash",
        "def give(x):\n    raise ValueError('no')\n",
        "def give(x):\n    return x.nothing\n",
        """
        import pytest
        from {product} import give


        def test_it():
            with pytest.raises(ValueError):
                give(1)
        """,
    ),
    Shape(
        "debris",
        returns("'tunti sitten'"),
        returns("str(['tunti', 'tunnin']) + ' sitten'"),
        """
        from {product} import give


        def test_it():
            assert give() == "tunti sitten"
        """,
    ),
    Shape(
        "address",
        returns("'a'"),
        returns("'<x at 0x7f30aa124fd0>'"),
        """
        from {product} import give


        def test_it():
            assert give() == "a"
        """,
    ),
    Shape(
        "computed_side",
        returns("3"),
        returns("4"),
        """
        from {product} import give


        def test_it():
            things = [1, 2, 3]
            assert give() == len(things)
        """,
    ),
    Shape(
        "status",
        "class Response:\n    status_code = 200\n\ndef give():\n    return Response()\n",
        "class Response:\n    status_code = 404\n\ndef give():\n    return Response()\n",
        """
        from {product} import give


        def test_it():
            assert give().status_code == 200
        """,
    ),
    Shape(
        "not_raised",
        "def give():\n    raise ValueError\n",
        "def give():\n    return 1\n",
        """
        import pytest
        from {product} import give


        def test_it():
            with pytest.raises(ValueError):
                give()
        """,
    ),
)

SHAPES = (*LITERALS, *INDIRECT, *TYPES, *UNITTEST, *MESSAGES, *NOTHING)
