"""Templates that try to reach what is none of theirs. None may succeed, whatever way it goes."""

from __future__ import annotations

import itertools
import os

import pytest
from jinja2 import DictLoader, StrictUndefined, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from maestro_core.errors import InvalidArgument

SECRET = "maestro-secret-71c1"

OBJECTS = [
    "''",
    "[]",
    "{}",
    "()",
    "1",
    "1.5",
    "true",
    "none",
    "range",
    "dict",
    "namespace()",
    "self",
    "name",
    "m",
]
WALKS = [
    "__class__",
    "__class__.__mro__",
    "__class__.__base__.__subclasses__()",
    "__init__.__globals__",
    "__globals__",
    "__dict__",
    "__reduce_ex__(2)",
    "_func",
    "__getattribute__('__class__')",
]
TRICKS = [
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ ''|attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
    "{{ ['']|map(attribute='__class__')|list }}",
    "{{ ['']|map('attr', '__class__')|list }}",
    "{{ [{'a': ''}]|map(attribute='a.__class__')|list }}",
    "{{ ['']|selectattr('__class__')|list and ''.__class__ }}",
    "{{ ['']|groupby('__class__')|list }}",
    "{{ ['', 'a']|sort(attribute='__class__') }}",
    "{{ ['']|unique(attribute='__class__')|list }}",
    "{{ ['']|sum(attribute='__class__') }}",
    "{{ '{0.__class__}'.format('') }}",
    "{{ '{x.__class__}'.format_map({'x': ''}) }}",
    "{{ '{0.__class__.__mro__}'|format('') }}{{ ''.__class__ }}",
    "{{ ''['format'] }}",
    "{{ ''|attr('format') }}",
    "{{ 'a'.join(['x']).__class__ }}",
    "{% set x = ''.__class__ %}{{ x }}",
    "{% for c in ''.__class__.__base__.__subclasses__() %}{{ c }}{% endfor %}",
    "{{ lipsum.__globals__['os'].environ }}",
    "{{ lipsum.__globals__.os.popen('id').read() }}",
    "{{ cycler.__init__.__globals__.os.environ }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context.environment }}",
    "{{ self._TemplateReference__context }}",
    "{{ config }}",
    "{{ request.application.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ url_for.__globals__ }}",
    "{{ environment }}",
    "{{ context }}",
    "{{ __builtins__ }}",
    "{{ __import__('os') }}",
    "{{ open('/etc/passwd').read() }}",
    "{{ eval('1') }}",
    "{% import 'os' as os %}{{ os }}",
    "{% include '../../../../etc/passwd' %}",
    "{% include ['/etc/passwd', '../x'] %}",
    "{% extends '/etc/passwd' %}",
    "{% from 'template.yaml' import x %}{{ x.__class__ }}",
    "{% import 'files/b.jinja' as b %}{{ b.__dict__ }}",
    "{% import 'files/b.jinja' as b %}{{ b._body_stream }}",
    "{% import 'files/b.jinja' as b %}{{ b.m.__globals__ }}",
    "{% import 'files/b.jinja' as b %}{{ b.m._func.__globals__ }}",
    "{% macro x() %}{{ caller.__globals__ }}{% endmacro %}{% call x() %}{% endcall %}",
    "{% macro x() %}{{ varargs.__class__ }}{% endmacro %}{{ x(1) }}",
    "{% macro x() %}{{ kwargs.__class__ }}{% endmacro %}{{ x(a=1) }}",
    "{% for i in [1] %}{{ loop.__class__ }}{% endfor %}",
    "{% for i in [1] %}{{ loop._iterator.gi_frame.f_globals }}{% endfor %}",
    "{% for i in [1] recursive %}{{ loop._recurse.__globals__ }}{% endfor %}",
    "{{ (range(3)|map('string')).gi_frame.f_builtins }}",
    "{{ ([1]|map('int')).gi_frame }}",
    "{{ ([1]|select).gi_frame.f_back }}",
    "{{ dict.mro() }}",
    "{{ dict.__subclasses__() }}",
    "{{ dict.fromkeys }}{{ dict.__init__ }}",
    "{{ [].append(1) }}",
    "{{ {}.update({'a': 1}) }}",
    "{{ {}.setdefault('a', 1) }}",
    "{{ tags.append('x') }}",
    "{{ tags.clear() }}",
    "{% do tags.clear() %}",
    "{{ 1 .__class__ }}",
    "{{ 1.0.real.__class__ }}",
    "{{ true.numerator.__class__ }}",
    "{{ none.__class__ }}",
    "{{ undefined_name.__class__ }}",
    "{{ (undefined_name|default('')).__class__ }}",
    "{{ ''.encode().__class__ }}",
    "{{ ''.encode().decode.__self__ }}",
    "{{ ''.maketrans.__self__ }}",
    "{{ ''.join.__self__.__class__ }}",
    "{{ [].__add__ }}",
    "{{ {}.items().__class__ }}",
    "{{ {}.items().mapping.__class__ }}",
    "{{ {}.keys().mapping.__init__ }}",
    "{{ name|pprint|attr('__class__') }}",
    "{{ name|tojson|attr('__html__') }}",
    "{{ (name|escape).__html__.__globals__ }}",
    "{{ (name|escape).__class__.__mro__ }}",
    "{{ (name|escape).format.__self__ }}",
    "{{ (name|safe).unescape.__globals__ }}",
    "{{ name|xmlattr }}",
    "{{ '%s'|format(''.__class__) }}",
    "{{ ''.__class__|string }}",
    "{% set ns = namespace() %}{{ ns._Namespace__attrs.__class__ }}",
    "{% set ns = namespace(a='') %}{{ ns.a.__class__ }}",
    "{% set ns = namespace() %}{% set ns.__class__ = 1 %}{{ ns.__class__ }}",
    "{{ (1|string).__class__ }}",
    "{% with x=''.__class__ %}{{ x }}{% endwith %}",
    "{% filter attr('__class__') %}x{% endfilter %}",
    "{% block b %}{{ self.b.__globals__ }}{% endblock %}",
    "{% block c %}{{ super.__globals__ }}{% endblock %}",
    "{% autoescape true %}{{ ''.__class__ }}{% endautoescape %}",
    "{% trans %}{{ x }}{% endtrans %}",
    "{% debug %}",
    "{{ [1]|random }}",
    "{{ 'files/b.jinja'|regex_replace('.*', ''.__class__) }}",
]
FILE_NAMES = [
    """files/'"+__import__("os").environ["MAESTRO_SECRET"]+".jinja""",
    """files/'"+str(environment.globals)+".jinja""",
    """files/"+str(__import__('os').environ)+'.jinja""",
    """files/{{ ''.__class__ }}.jinja""",
    """files/{{ lipsum.__globals__ }}""",
    """files/{% include '..' %}""",
]
HOSTILE = [
    *(
        f"{{% macro m() %}}{{% endmacro %}}{{{{ {thing}.{walk} }}}}"
        for thing, walk in itertools.product(OBJECTS, WALKS)
    ),
    *TRICKS,
]
# What an escape would show: the environment, a class, a frame, a function of ours.
SIGNS = (
    SECRET.encode(),
    b"<class",
    b"environ",
    b"<frame",
    b"__builtins__",
    b"root:",
    b"built-in",
    b"<bound",
    b"<function",
)
EXTRA = "parameters: {properties: {name: {type: string, default: n}, tags: {type: array, default: [a]}}}\n"


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("MAESTRO_SECRET", SECRET)
    assert os.environ["MAESTRO_SECRET"] == SECRET


def escaped(render, files):
    try:
        out = render(files, {}, EXTRA)
    except InvalidArgument as refusal:
        return [SECRET] if SECRET in f"{refusal}{refusal.violations}" else []
    return [sign for sign in SIGNS if any(sign in content for content in out.values())]


def test_there_are_enough_of_them():
    assert len({*HOSTILE, *FILE_NAMES}) >= 200


@pytest.mark.parametrize("source", HOSTILE)
def test_no_template_escapes(render, source):
    files = {"files/a.jinja": source, "files/b.jinja": "{% macro m() %}{% endmacro %}"}
    assert escaped(render, files) == []


@pytest.mark.parametrize("name", FILE_NAMES)
def test_no_file_name_escapes(render, name):
    # Jinja's compiler writes the name into its code where an inline `if` has no `else`, and quotes it badly.
    assert (
        escaped(render, {name: "{{ ('x' if not name).z }}", "files/b.jinja": f"{{% include {name!r} %}}"})
        == []
    )


def test_that_way_out_of_jinja_is_still_there():
    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader({FILE_NAMES[0]: "{{ ('x' if y is defined).z }}"}), undefined=StrictUndefined
    )
    with pytest.raises(UndefinedError, match=SECRET):
        environment.get_template(FILE_NAMES[0]).render()


def test_answers_are_not_changed_by_a_template(render):
    files = {"files/a.jinja": "{% set _ = tags %}{{ tags }}", "files/b.jinja": "{{ tags }}"}
    assert render(files, {"tags": ["x"]}, EXTRA) == {"a": b"['x']", "b": b"['x']"}
