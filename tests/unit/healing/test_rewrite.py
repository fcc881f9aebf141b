"""Edits of test files: what changes, and what stays as it was written."""

from textwrap import dedent

import pytest

from maestro_healing.domain.rewrite.attributes import Access, ChangeAccess, RenameAttribute
from maestro_healing.domain.rewrite.calls import ChangeArguments, ReplaceKeyword
from maestro_healing.domain.rewrite.folders import UseTemporaryFolder
from maestro_healing.domain.rewrite.inline import InlineFunction, InlineMethod, ReplaceValue
from maestro_healing.domain.rewrite.parameters import AddParameters
from maestro_healing.domain.rewrite.rename import RenameSymbol
from maestro_healing.domain.rewrite.rule import Rule, rewrite_text
from maestro_healing.domain.rewrite.scope import WHOLE_FILE, Scope
from maestro_healing.domain.rewrite.unpacking import ExtendUnpacking
from maestro_healing.domain.rewrite.warned import ExpectWarning


def rewritten(rule: Rule, text: str, scope: Scope = WHOLE_FILE) -> str:
    return rewrite_text(dedent(text), rule, scope)


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        (
            RenameSymbol("shop.old", "shop.new"),
            "from shop import (\n    old,  # the one\n    other,\n)\n\nassert old(1) == other.old\n",
            "from shop import (\n    new,  # the one\n    other,\n)\n\nassert new(1) == other.old\n",
        ),
        (
            RenameSymbol("shop.old", "shop.new"),
            "from shop import old as o\nassert o() == 1\n",
            "from shop import new as o\nassert o() == 1\n",
        ),
        (
            RenameSymbol("shop.old", "shop.new"),
            "from shop import old\nnew = 3\nassert old() == new\n",
            "from shop import new as old\nnew = 3\nassert old() == new\n",
        ),
        (
            RenameSymbol("shop.cart.Cart", "shop.basket.Cart"),
            "from shop.cart import Cart, Line\nCart(Line())\n",
            "from shop.cart import Line\nfrom shop.basket import Cart\nCart(Line())\n",
        ),
        (
            RenameSymbol("shop.cart", "shop.basket", is_module=True),
            "import shop.cart\nfrom shop.cart import Cart\nshop.cart.Cart() == Cart()\n",
            "import shop.basket\nfrom shop.basket import Cart\nshop.basket.Cart() == Cart()\n",
        ),
        (
            RenameSymbol("shop.rates.vat", "shop.rates.tax"),
            "from shop import rates\n\ndef test(m):\n    m.patch('shop.rates.vat', 3)\n    rates.vat\n",
            "from shop import rates\n\ndef test(m):\n    m.patch('shop.rates.tax', 3)\n    rates.tax\n",
        ),
        (
            RenameSymbol("collections.Mapping", "collections.abc.Mapping"),
            "import collections\nassert isinstance({}, collections.Mapping)\n",
            "from collections.abc import Mapping\n\nassert isinstance({}, Mapping)\n",
        ),
        (
            RenameSymbol("shop.compat.re", "re"),
            "from shop.compat import re\nre.compile('')\n",
            "import re\nre.compile('')\n",
        ),
        (
            InlineFunction("shop.util.seconds", ("delta",), "delta.total_seconds()"),
            "from shop import util\nassert util.seconds(a - b) == 3\n",
            "assert (a - b).total_seconds() == 3\n",
        ),
        (
            ReplaceValue("shop.compat.text_type", "str"),
            "from shop.compat import text_type\nassert isinstance(x, text_type)\n",
            "assert isinstance(x, str)\n",
        ),
        (
            ReplaceValue("shop.compat.PY2", "sys.version_info[0] == 2", ("sys",)),
            "from shop.compat import PY2\n\nif PY2:\n    pass\n",
            "import sys\n\nPY2 = sys.version_info[0] == 2\n\nif PY2:\n    pass\n",
        ),
        (
            ChangeArguments("Runner", ("env", "mix"), ("env",), dropped=frozenset({"mix"})),
            "Runner(env={}, mix=False)\nRunner(mix=True)\nother(mix=1)\n",
            "Runner(env={})\nRunner()\nother(mix=1)\n",
        ),
        (
            ChangeArguments("find", ("what", "limit"), ("what", "at_most"), renamed=(("limit", "at_most"),)),
            "find('a', limit = 3)  # few\nfind('a', 3)\n",
            "find('a', at_most = 3)  # few\nfind('a', 3)\n",
        ),
        (
            ChangeArguments("move", ("x", "y"), ("y", "x")),
            "move(1, 2)\nmove(x=1, y=2)\n",
            "move(x=1, y=2)\nmove(x=1, y=2)\n",
        ),
        (
            ReplaceKeyword("app", "transport", "ASGITransport(app=...)", "web.ASGITransport"),
            "import web\nweb.Client(app=make(), timeout=3)\n",
            "import web\nweb.Client(transport=web.ASGITransport(app=make()), timeout=3)\n",
        ),
        (
            ReplaceKeyword("app", "transport", "ASGITransport(app=...)", "web.ASGITransport"),
            "from web import Client\nClient(app=app)\n",
            "from web import ASGITransport, Client\nClient(transport=ASGITransport(app=app))\n",
        ),
        (
            ExtendUnpacking("isolation", 2, 3),
            "with r.isolation() as (out, err):\n    pass\na, b = r.isolation()\nc = r.isolation()\n",
            "with r.isolation() as (out, err, _):\n    pass\na, b, _ = r.isolation()\nc = r.isolation()\n",
        ),
        (
            ChangeAccess("timestamp", Access.CALL),
            "assert a.timestamp == b.timestamp()\n",
            "assert a.timestamp() == b.timestamp()\n",
        ),
        (ChangeAccess("name", Access.VALUE), "a.name() + a.name(1)\n", "a.name + a.name(1)\n"),
        (
            InlineMethod("size", ("self",), "len(self.items)", is_property=True),
            "assert cart.size == 2\n",
            "assert len(cart.items) == 2\n",
        ),
    ],
)
def test_edits(rule: Rule, before: str, after: str) -> None:
    assert rewritten(rule, before) == after


def test_an_edit_stays_in_its_functions() -> None:
    text = """
        class TestCart:
            def test_one(self):
                cart.old()

            def test_two(self):
                cart.old()
    """
    found = rewritten(RenameAttribute("old", "new"), text, Scope(frozenset({"TestCart.test_two"})))
    assert found.count("cart.old()") == 1
    assert found.index("cart.old()") < found.index("cart.new()")


def test_a_local_name_is_no_reference() -> None:
    text = "from shop import other\n\ndef test(old):\n    old()\n    other(old=old)\n"
    assert rewritten(RenameSymbol("shop.old", "shop.new"), text) == text


@pytest.mark.parametrize("text", ["def broken(:\n", "", "x = 'caf\u00e9'\r\ny = 1\r\n"])
def test_what_has_nothing_to_edit_stays_as_it_is(text: str) -> None:
    assert rewrite_text(text, RenameSymbol("shop.old", "shop.new"), WHOLE_FILE) == text


def test_the_scope_of_a_decorator_is_its_function() -> None:
    text = "import x\n\n@x.mark(1)\ndef test_a():\n    pass\n"
    assert Scope.of_lines(text, [3]) == Scope(frozenset({"test_a"}))
    assert Scope.of_lines(text, [1]) == WHOLE_FILE


def test_parameters_are_added_to_one_method_of_one_class() -> None:
    before = """
    def test(spec):
        class Spec:
            @spec(first=True)
            def hook(arg, *, more=1): ...  # called
            def other(arg): ...
        class Other:
            def hook(arg): ...
    """
    after = dedent(before).replace("hook(arg, *, more=1)", "hook(self, arg, extra, *, more=1)")
    rule = AddParameters("Spec", "hook", ((0, "self"), (2, "extra")), whole_file=False)
    assert rewritten(rule, before) == after
    assert rewritten(rule, after) == after
    assert rewritten(rule, before, Scope(frozenset({"test_else"}))) == dedent(before)


def test_a_folder_is_entered_for_as_long_as_it_is_there() -> None:
    before = """
    import os

    def test(runner):
        with runner.own_folder():
            assert runner.run("x").code == 0
        with runner.own_folder() as here:
            assert os.listdir(here) == runner.files()
    """
    after = """
    import os
    import tempfile

    def test(runner, monkeypatch):
        with tempfile.TemporaryDirectory() as folder, monkeypatch.context() as patch:
            patch.chdir(folder)
            assert runner.run("x").code == 0
        with tempfile.TemporaryDirectory() as here, monkeypatch.context() as patch:
            patch.chdir(here)
            assert os.listdir(here) == runner.files()
    """
    assert rewritten(UseTemporaryFolder("own_folder"), before) == dedent(after)


@pytest.mark.parametrize(
    "text",
    [
        "def test(runner):\n    with runner.own_folder() as d:\n        assert d\n",
        "class Test:\n    def test(self, r):\n        with r.own_folder():\n            assert r.run()\n",
        "def test(r):\n    with r.own_folder(inside='x'):\n        assert r.run()\n",
    ],
)
def test_what_is_about_the_folder_itself_or_can_take_no_fixture_stays(text: str) -> None:
    assert rewritten(UseTemporaryFolder("own_folder"), text) == text


def test_a_statement_that_warns_runs_where_the_warning_is_expected() -> None:
    text = """
        def test_it():
            assert old(1) == 1  # an other one
            # Why.
            assert old(2) == 2  # and how
            with old(3) as a, b:
                pass
    """
    expected = """
        import pytest

        def test_it():
            assert old(1) == 1  # an other one
            # Why.
            with pytest.warns(FutureWarning, match="old"):
                assert old(2) == 2  # and how
            with old(3) as a, b:
                pass
    """
    rule = ExpectWarning("test_it", "assert old(2) == 2  # and how", 3, "FutureWarning", "old")
    assert rewritten(rule, text).lstrip() == dedent(expected).lstrip()
    rule = ExpectWarning("test_it", "old(3), b", 4, "FutureWarning", "old")
    assert '    with pytest.warns(FutureWarning, match="old"), old(3) as a, b:\n' in rewritten(rule, text)
    assert rewritten(ExpectWarning("test_it", "old(4)", 4, "FutureWarning", "old"), text) == dedent(text)
