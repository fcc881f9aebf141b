"""Backstage's language beside nunjucks itself: the same text from each snippet, or a refusal; never another text."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import foreign_tools
import pytest

from maestro_core.errors import InvalidArgument
from maestro_template.domain.folder import read_folder
from maestro_template.domain.model import File
from maestro_template.domain.rendering import Program

VALUES = {
    "name": "kite-Shop",
    "text": "  some words, of A kind\n and another line ",
    "n": 3,
    "f": 2.5,
    "big": 1234567890123,
    "zero": 0,
    "yes": True,
    "no": False,
    "nothing": None,
    "empty": "",
    "list": ["b", "a", "C"],
    "void": [],
    "numbers": [3, 1, 2],
    "objects": [{"k": "x", "v": 1, "on": True}, {"k": "y", "v": 2, "on": False}, {"k": "x", "v": 3}],
    "pairs": [["a", 1], ["b", 2]],
    "map": {"z": 1, "a": "two", "deep": {"q": [1, 2]}},
    "blank": {},
    "html": "<b class='x'>\"&</b> <!-- c -->",
    "unicode": "Grüße 🎉 Straße",
}
EXPRESSIONS = """
values.name | upper; values.name | lower; values.name | capitalize; values.text | title; values.text | trim
values.name | replace("-", "_"); values.list | join; values.list | join(", "); values.objects | join(",", "k")
values.text | length; values.list | length; values.map | length; values.nothing | length; values.missing | length
values.list | first; values.list | last; values.void | first; values.list | sort | join; values.numbers | sort | join
values.list | sort(true) | join; values.list | sort(false, true) | join; values.objects | sort(attribute="v") | dump
values.list | reverse | join; values.name | reverse; values.map | dictsort | dump; values.objects | groupby("k") | dump
values.objects | selectattr("on") | dump; values.objects | rejectattr("on") | dump; values.numbers | sum; values.objects | sum("v")
values.map | dump; values.map | dump(2); values.list | dump; values.nothing | dump; values.missing | dump; values.f | dump; values.unicode | dump
values.text | truncate(12); values.text | truncate(12, true); values.text | truncate(12, false, "~"); values.text | wordcount
values.text | indent(2); values.text | indent(2, true); values.html | striptags; values.html | escape; values.html | safe; values.html | e
values.text | urlencode; values.map | urlencode; values.pairs | urlencode; values.unicode | urlencode; "a b&c" | urlencode
values.f | round; values.f | round(0, "floor"); 2.345 | round(2); "12px" | int; "x" | int(7); "3.7abc" | float; "ff" | int(0, 16)
values.numbers | batch(2) | dump; values.numbers | batch(2, 0) | dump; values.numbers | slice(2) | dump; values.list | list | dump; "ab" | list | dump
values.name | center(20); values.n | string; values.missing | default("d"); values.nothing | default("d"); values.empty | default("d"); values.empty | default("d", true)
values.text | nl2br; -3 | abs; values.n | abs; values.map.deep.q[1]; values.map["a"]; values.list[0]; values.list[9]; values.list[-1]; values.map.nil.at.all
values.name.length; values.list.length; values.map.length; values.name[0]; values.name.toUpperCase(); values.name.split("-"); values.name.split("-")[1]
values.name.includes("Shop"); values.name.startsWith("kite"); values.name.endsWith("x"); values.name.indexOf("S"); values.name.slice(2); values.name.slice(-2); values.name.substring(1, 3)
values.list.includes("a"); values.list.join("/"); values.list.indexOf("C"); values.name.replace("k", "K"); values.name.charAt(2); values.text.trim()
values.yes; values.no; values.nothing; values.missing; values.list; values.map; values.void; values.blank; values.zero; values.f; values.big; values.pairs
1 + 2; "1" + 2; 1 + "2"; 5 - 2; 6 / 2; 7 / 2; 7 // 2; 7 % 3; 2 ** 3; -values.n; 1.0; 1.50; values.n + 1; values.n ~ 1; values.list + "x"; values.yes + 1
values.n == 3; values.n == "3"; values.n === "3"; values.n === 3; values.n != 4; values.n !== "3"; values.nothing == values.missing; values.nothing === values.missing; null == values.nothing
values.n > 2; values.n >= 3; values.n < 2; values.n <= 3; "a" < "b"; "10" < "9"; 10 < "9"; values.zero == false; values.empty == false; values.void == ""
"a" in values.list; "x" in values.list; "a" not in values.list; "kite" in values.name; "z" in values.map; 3 in values.numbers
values.yes and values.no; values.yes and "x"; values.no or "y"; values.void or "z"; values.empty or values.nothing or "w"; not values.void; not values.empty; not values.blank
"a" if values.yes else "b"; "a" if values.void else "b"; "a" if values.empty else "b"; "a" if values.no; [1, "two", [3]]; {a: 1}; {"a": 1} | dump; [1, values.n, "x"] | dump
range(3); range(1, 4); range(0, 10, 3); range(3, 0, -1); range(3) | join("-"); values.missing is defined; values.n is defined; values.nothing is defined; values.missing is undefined
values.n is odd; values.n is even; values.n is number; values.name is string; values.nothing is null; values.n is divisibleby(3); values.name is lower; values.name is upper
values.name | replace(r/[a-z]/g, "."); values.name | replace(r/([a-z]+)-/, "$1_"); values.name | replace(r/SHOP/i, "x"); values.name.replace("-", "+")
values.name | upper | lower | title; (values.n + 1) * 2; "it's"; 'say "hi"'; "tab\\tend"; "back\\\\slash"; "new\\nline"; values.name|upper; ("a" ~ "b") | upper; values.unicode | upper; values.unicode.length
"%s" | string; true; false; none; null; values["na" + "me"]; values.map.deep | dump; values.objects[0].k; values.pairs[1][0]; values.text | replace("some", values.n)
"""
BLOCKS = [
    "{% for x in values.list %}${{ x }}{{ x }}{% endfor %}",
    "{% for x in values.void %}${{ x }}{% else %}nothing{% endfor %}",
    "{% for x in values.missing %}${{ x }}{% else %}nothing{% endfor %}",
    "{% for k, v in values.map %}${{ k }}=${{ v }};{% endfor %}",
    "{% for a, b in values.pairs %}${{ a }}:${{ b }} {% endfor %}",
    "{% for c in values.name %}${{ c }}.{% endfor %}",
    "{% for x in values.map %}${{ x }}{% endfor %}",
    "{% for x in values.list %}${{ loop.index }}${{ loop.index0 }}${{ loop.revindex }}${{ loop.revindex0 }}${{ loop.first }}${{ loop.last }}${{ loop.length }} {% endfor %}",
    "{% for x in values.list %}{% for y in values.numbers %}${{ x }}${{ y }}{% endfor %}{% endfor %}",
    "{% if values.void %}a{% else %}b{% endif %}{% if values.blank %}c{% endif %}{% if values.zero %}d{% endif %}",
    "{% if values.n == 1 %}a{% elif values.n == 2 %}b{% elseif values.n == 3 %}c{% endif %}",
    "{% if not values.no and (values.n > 2 or values.missing) %}yes{% endif %}",
    "{% set a = 1 %}${{ a }}{% set a = a + 1 %}${{ a }}",
    "{% set block %}x ${{ values.n }}{% endset %}[${{ block }}]",
    "{% set o = {a: 1, b: [1, 2]} %}${{ o.a }}${{ o.b[1] }}${{ o | dump }}",
    "{% for x in values.list %}{% set y = x %}${{ y }}{% endfor %}",
    "{% set total = 0 %}{% for x in values.numbers %}{% set total = total + x %}{% endfor %}${{ total }}",
    "{% macro m(a, b=2) %}<${{ a }}-${{ b }}>{% endmacro %}${{ m(1) }}${{ m(1, 3) }}${{ m(1, b=4) }}${{ m() }}",
    "{% macro m(a) %}${{ a }}${{ caller() }}{% endmacro %}{% call m('x') %}inner{% endcall %}",
    "{% filter upper %}abc ${{ values.name }}{% endfilter %}",
    "{% raw %}${{ raw }}{% if %}{% endraw %}|{% verbatim %}${{ v }}{# c #}{% endverbatim %}",
    "a{# comment ${{ x }} {% if %} #}b",
    "  {# alone on its line #}\nnext",
    "  {% if values.yes %}\n  yes\n  {% endif %}\nend",
    "a\n\n  {%- if values.yes -%}\n  yes\n  {%- endif -%}\n\nb",
    "x ${{- values.n -}} y",
    "{% if values.yes %}{# c #}\ny{% endif %}\n\n",
    "line one\r\n${{ values.name }}\r\n",
    "{ not } {{ not }} $ {not} ${ not} %} }} #",
    "${{ '}' }}${{ '{%' }}${{ \"#\" }}",
    "${{ values.name\n   | upper\n }}",
    "{% asyncEach x in values.list %}${{ x }}{% endeach %}",
    "{% for x in values.list | sort %}${{ x }}{% endfor %}",
    "{% for x in range(2) %}${{ x }}{% endfor %}",
    "{% if values.name %}${{ values.name }}",
    "${{ values.name ",
    "{% unknown %}",
    "${{ values.name | unknownfilter }}",
    "${{ missing() }}",
    "${{ values.n() }}",
    "{% include 'x' %}",
    "${{ range.constructor('return 1')() }}",
    "{% switch values.n %}{% case 3 %}three{% default %}other{% endswitch %}",
    "{% block b %}block{% endblock %}",
    "{% set c = cycler('odd', 'even') %}${{ c.next() }}${{ c.next() }}${{ c.next() }}",
    "{% set j = joiner('; ') %}${{ j() }}a${{ j() }}b",
]
SNIPPETS = [
    *(f"${{{{ {one.strip()} }}}}" for line in EXPRESSIONS.strip().splitlines() for one in line.split("; ")),
    *BLOCKS,
]


def ours(text: str, trim: bool) -> str | None:
    """What Maestro renders, None where it refuses to."""
    manifest = {
        "id": "demo",
        "version": "1.0.0",
        "name": "d",
        "summary": "d",
        "category": "d",
        "kind": "d",
        "owner": "d",
        "dialect": {
            "language": "backstage",
            "options": {"variable_start_string": "${{", "trim_blocks": trim, "lstrip_blocks": trim},
        },
        "rules": [{"match": "*", "values": VALUES}],
    }
    folder = {
        "template.yaml": File(json.dumps(manifest, ensure_ascii=False).encode()),
        "files/a.jinja": File(text.encode()),
    }
    try:
        return Program(read_folder(folder), folder).render({}, {}).files["a"].content.decode()
    except InvalidArgument:
        return None


@pytest.mark.timeout(400)
@pytest.mark.parametrize("trim", [False, True], ids=["as it is", "trimmed"])
def test_every_snippet_is_rendered_as_nunjucks_does_or_refused(trim: bool) -> None:
    job = {"templates": SNIPPETS, "values": VALUES, "trim": trim}
    modules = foreign_tools.modules_with(foreign_tools.NUNJUCKS)
    done = subprocess.run(
        ["node", str(Path(__file__).with_name("snippets.js"))],
        input=json.dumps(job),
        env={**os.environ, "NODE_PATH": str(modules)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    theirs = json.loads(done.stdout)
    found = [ours(text, trim) for text in SNIPPETS]
    wrong = [
        (text, mine, its)
        for text, mine, its in zip(SNIPPETS, found, theirs, strict=True)
        if mine is not None and mine != its
    ]
    refused = [
        text
        for text, mine, its in zip(SNIPPETS, found, theirs, strict=True)
        if mine is None and its is not None
    ]
    assert wrong == []
    assert len(refused) <= 12, refused
