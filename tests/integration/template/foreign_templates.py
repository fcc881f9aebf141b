"""Templates as people write them for Cookiecutter, Copier and Backstage, with answers to render them with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Foreign:
    """A template of another tool. A path that ends with `!` is executable."""

    name: str
    files: dict[str, str | bytes]
    answers: list[dict[str, Any]]
    not_executed: list[str] = field(default_factory=list)


PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01{{ cookiecutter.no }}${{ values.no }}\x00\xff\xfe"
LATIN = "Grüße\n".encode("latin-1")

PYPACKAGE = Foreign(
    "pypackage",
    {
        "cookiecutter.json": """{
  "full_name": "Audrey R. Feldroy",
  "email": "audreyfeldroy@example.com",
  "github_username": "audreyfeldroy",
  "pypi_package_name": "python-boilerplate",
  "project_name": "Python Boilerplate",
  "project_slug": "{{ cookiecutter.project_name.lower().replace(' ', '_').replace('-', '_') }}",
  "project_short_description": "Python Boilerplate contains all the boilerplate you need.",
  "first_version": "0.1.0",
  "use_pytest": ["n", "y"],
  "command_line_interface": ["Typer", "Argparse", "No command-line interface"],
  "create_author_file": true,
  "open_source_license": ["MIT license", "BSD license", "Not open source"],
  "python_minor": 11,
  "__gh_slug": "{{ cookiecutter.github_username }}/{{ cookiecutter.project_slug|replace('_', '-') }}",
  "_copy_without_render": ["*.tpl", "docs/_static", ".github/workflows/copied.yml"],
  "_raw_note": "{{ stays as it is }}",
  "_extensions": ["jinja2.ext.loopcontrols", "local_extensions.Shout"],
  "__prompts__": {
    "full_name": "Your full name",
    "use_pytest": {"__prompt__": "Use pytest?", "n": "no", "y": "yes"}
  }
}
""",
        "hooks/post_gen_project.py": "raise SystemExit('a hook ran')\n",
        "hooks/pre_gen_project.sh": "exit 1\n",
        "local_extensions.py": "from jinja2.ext import Extension\n\n\nclass Shout(Extension):\n    pass\n",
        "README.rst": "The template's own readme\n",
        "templates/license.txt": "Copyright (c) {% now 'utc', '%Y' %}, {{ cookiecutter.full_name }}\n",
        "templates/macros.txt": "{% macro badge(name) %}[{{ name }}]{% endmacro %}\n",
        "{{cookiecutter.project_slug}}/README.md": """# {{ cookiecutter.project_name }}
{% from "macros.txt" import badge %}
{{ badge(cookiecutter.pypi_package_name) }} {{ cookiecutter._raw_note }} {{ cookiecutter.__gh_slug }}
{% if cookiecutter.open_source_license != "Not open source" -%}
* Free software: {{ cookiecutter.open_source_license }}
{%- endif %}

{%- for part in cookiecutter.project_slug.split('_') %}
{%- if loop.index > 2 %}{% break %}{% endif %}
- {{ loop.index }}: {{ part }}
{%- endfor %}

```yaml
{% raw %}{{ untouched }}{% endraw %}
```
""",
        "{{cookiecutter.project_slug}}/LICENSE": "{% include 'license.txt' %}",
        "{{cookiecutter.project_slug}}/Makefile": "help:\n\t@echo {{ cookiecutter.project_slug }}\n",
        "{{cookiecutter.project_slug}}/pyproject.toml": """[project]
name = "{{ cookiecutter.pypi_package_name }}"
version = "{{ cookiecutter.first_version }}"
description = {{ cookiecutter.project_short_description|tojson }}
requires-python = ">=3.{{ cookiecutter.python_minor }}"
{%- if cookiecutter.command_line_interface|lower == 'typer' %}
dependencies = ["typer"]

[project.scripts]
{{ cookiecutter.project_slug }} = "{{ cookiecutter.project_slug }}.cli:app"
{%- endif %}
""",
        "{{cookiecutter.project_slug}}/src/{{cookiecutter.project_slug}}/__init__.py": '"""{{ cookiecutter.project_name }}."""\n\n__author__ = """{{ cookiecutter.full_name }}"""\n',
        "{{cookiecutter.project_slug}}/src/{{cookiecutter.project_slug}}/{% if cookiecutter.command_line_interface == 'Typer' %}cli.py{% endif %}": "import typer\n",
        "{{cookiecutter.project_slug}}/tests/{% if cookiecutter.use_pytest == 'y' %}test_{{ cookiecutter.project_slug }}.py{% endif %}": "def test_nothing(): ...\n",
        "{{cookiecutter.project_slug}}/{% if cookiecutter.create_author_file %}AUTHORS.rst{% endif %}": "{{ cookiecutter.full_name }} <{{ cookiecutter.email }}>\n",
        "{{cookiecutter.project_slug}}/.github/workflows/test.yml": "python: ${{ '{{' }} matrix.python {{ '}}' }}\n",
        "{{cookiecutter.project_slug}}/.github/workflows/copied.yml": "python: ${{ matrix.python }}\n",
        "{{cookiecutter.project_slug}}/docs/_static/{{cookiecutter.project_slug}}.css": "a { b: {{c}} }\n",
        "{{cookiecutter.project_slug}}/docs/_static/deep/x.jinja": "{{ not rendered }}\n",
        "{{cookiecutter.project_slug}}/docs/{{cookiecutter.project_slug}}.tpl": "{{ not rendered }}\n",
        "{{cookiecutter.project_slug}}/docs/logo.png": PNG,
        "{{cookiecutter.project_slug}}/docs/page.jinja": "{{ cookiecutter.project_name }}\n",
        "{{cookiecutter.project_slug}}/docs/windows.txt": "one\r\n{{ cookiecutter.project_name }}\r\n",
        "{{cookiecutter.project_slug}}/docs/no_newline.txt": "{{ cookiecutter.project_name }}",
        "{{cookiecutter.project_slug}}/manage.py!": "#!/usr/bin/env python\n# {{ cookiecutter.project_slug }}\n",
        "{{cookiecutter.project_slug}}/ünïcode ø.txt": "ø {{ cookiecutter.full_name }}\n",
    },
    [
        {},
        {
            "project_name": "Kite Überflieger",
            "use_pytest": "y",
            "command_line_interface": "Argparse",
            "create_author_file": False,
            "open_source_license": "Not open source",
            "python_minor": "13",
        },
        {
            "full_name": 'O\'Neil "Zoë"',
            "project_short_description": 'Says "hi" & <b>',
            "email": "{{ x }}"[:0],
        },
    ],
    ["extension local_extensions.Shout", "hook hooks/post_gen_project.py", "hook hooks/pre_gen_project.sh"],
)

DJANGO = Foreign(
    "django",
    {
        "cookiecutter.json": """{
  "project_name": "My Awesome Project",
  "project_slug": "{{ cookiecutter.project_name|slugify(separator='_') }}",
  "domain": ["{{ cookiecutter.project_slug }}.example.com", "localhost"],
  "use_celery": false,
  "timezone": "UTC",
  "services": {
    "web": {"port": "8000", "image": "{{ cookiecutter.project_slug }}-web"},
    "worker": {"port": "9000", "image": "{{ cookiecutter.project_slug }}-worker"}
  },
  "languages": ["en", "de"],
  "_jinja2_env_vars": {"lstrip_blocks": true, "trim_blocks": true},
  "_settings": ["a", {"b": 1}],
  "__greeting": "Hi {{ cookiecutter.project_name }}"
}
""",
        "{{ cookiecutter.project_slug }}/compose.yml": """services:
  {% for name, service in cookiecutter.services.items() %}
  {{ name }}:
    image: {{ service.image }}
    ports: ["{{ service.port }}:{{ service['port'] }}"]
    {# a comment that goes #}
  {% endfor %}
  {% if cookiecutter.use_celery %}
  redis:
    image: redis
  {% endif %}
""",
        "{{ cookiecutter.project_slug }}/config.json": "{{ cookiecutter.services|jsonify }}\n{{ cookiecutter._settings|jsonify(2) }}\n",
        "{{ cookiecutter.project_slug }}/notes.md": "{{ cookiecutter.__greeting }} at {{ cookiecutter.domain }}\n{{ 'Ünï Cødé & more'|slugify }} {{ cookiecutter.use_celery }}\n{% set c = cycler('odd', 'even') %}\n{% for i in range(3) %}\n{{ c.next() }}\n{% endfor %}\n",
        "{{ cookiecutter.project_slug }}/{{ cookiecutter.project_slug }}/{% if cookiecutter.use_celery %}celery.py{% else %}{% endif %}": "app = 1\n",
        "{{ cookiecutter.project_slug }}/empty": "",
        "{{ cookiecutter.project_slug }}/mixed.txt": "a\r\nb\n{{ cookiecutter.timezone }}\r\n",
        "{{ cookiecutter.project_slug }}/bin/start!": "#!/bin/sh\nexec {{ cookiecutter.project_slug }}\n",
    },
    [
        {},
        {"project_name": "Drachen  Flug 2", "use_celery": True, "languages": "de"},
        {"domain": "localhost", "timezone": "Europe/Berlin"},
    ],
)

BRACKETS = Foreign(
    "brackets",
    {
        "cookiecutter.json": """{
  "name": "latex-paper",
  "title": "On [[ cookiecutter.name ]]",
  "_new_lines": "\\r\\n",
  "_jinja2_env_vars": {
    "variable_start_string": "[[", "variable_end_string": "]]",
    "block_start_string": "[%", "block_end_string": "%]",
    "comment_start_string": "[#", "comment_end_string": "#]"
  }
}
""",
        "[[cookiecutter.name]]/paper.tex": "\\title{[[ cookiecutter.title ]]}\n[% if cookiecutter.name %]\n{{ braces }} {% percent %}\n[% endif %][# gone #]\n",
        "[[cookiecutter.name]]/{{ kept }}.txt": "[[ cookiecutter.name ]]\n",
    },
    [{}, {"name": "a", "title": "{{ b }}"}],
)

COPIER_LIBRARY = Foreign(
    "library",
    {
        "copier.yml": """_subdirectory: template
_min_copier_version: "9.0.0"
_answers_file: .copier-answers.yml
_jinja_extensions:
  - jinja2_time.TimeExtension
_tasks:
  - git init
  - command: [make, setup]
    when: "{{ tests }}"
_migrations:
  - version: v2.0.0
    command: rm -rf old
_message_after_copy: Done with {{ name }}
_skip_if_exists: [CHANGELOG.md]
project_title:
  type: str
  help: What is it called?
  default: Flying Kites
name:
  type: str
  default: "{{ project_title | lower | replace(' ', '-') }}"
  validator: >-
    {% if not (name | regex_search('^[a-z][a-z0-9-]+$')) %}
    must be lower case
    {% endif %}
package:
  type: str
  default: "{{ name | replace('-', '_') }}"
  when: false
license:
  type: str
  choices:
    MIT License: mit
    Apache 2: apache
    none: none
  default: mit
python:
  type: str
  choices: ["3.11", "3.12"]
  default: "3.12"
tests:
  type: bool
  default: true
coverage:
  type: int
  default: 90
  when: "{{ tests }}"
ratio:
  type: float
  default: 0.5
extras:
  type: str
  multiselect: true
  choices: [docs, cli, web]
  default: [docs, cli]
settings:
  type: yaml
  default:
    debug: false
    hosts: [a, b]
matrix:
  type: json
  default: '[1, {"a": 2}]'
token:
  type: str
  secret: true
  default: hush
year: 2026
""",
        "README.md": "# The template's own readme\n",
        "includes/header.txt.jinja": "# {{ project_title }}\n",
        "template/{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers | to_nice_yaml }}",
        "template/README.md.jinja": """{% include 'includes/header.txt.jinja' %}
{% import 'template/_macros.jinja' as m %}{{ m.hi(name) }}
{% for extra in extras %}- {{ extra }}
{% endfor %}
{{ undefined_is_empty }}{{ settings | to_nice_yaml }}{{ matrix | to_json }}
{{ settings | to_nice_json }}
{{ ratio }} {{ year + 1 }} {{ tests | ternary('tested', 'untested') }} {{ package | md5 }}
{{ ["b", "a"] | sort | join(",") }} {{ "x y" | quote }} {{ pathjoin("a", "b") }} {{ tests }}
{{ 'abc' | b64encode }} {{ 'Kite 12' | regex_replace('[0-9]+', 'N') }} {{ 'a1b2' | regex_findall('[0-9]') }}
""",
        "template/_macros.jinja": "{% macro hi(who) %}Hi {{ who }}!{% endmacro %}",
        "template/pyproject.toml.jinja": '[project]\nname = "{{ name }}"\nrequires-python = ">={{ python }}"\n{% if tests %}\n[tool.coverage.report]\nfail_under = {{ coverage }}\n{% endif %}\n',
        "template/src/{{ package }}/__init__.py": "",
        "template/src/{{ package }}/py.typed.jinja": "",
        "template/{% if tests %}tests{% endif %}/test_{{ package }}.py.jinja": "import {{ package }}\n",
        "template/{% if license != 'none' %}LICENSE{% endif %}.jinja": "{{ license }} {% now 'utc', '%Y' %}\n",
        "template/verbatim.txt": "{{ not_rendered }} {% at all %}\r\n",
        "template/sibling.txt": "not this one\n",
        "template/sibling.txt.jinja": "this one: {{ name }}\n",
        "template/windows.txt.jinja": "a\r\n{{ name }}\r\n",
        "template/logo.png": PNG,
        "template/run.sh.jinja!": "#!/bin/sh\nexec {{ name }}\n",
        "template/Makefile": "all:\n\ttrue\n",
    },
    [
        {},
        {"project_title": "Zwölf Drachen", "name": "zwoelf", "tests": False, "license": "none", "extras": []},
        {
            "license": "apache",
            "python": "3.11",
            "coverage": 75,
            "extras": ["web"],
            "settings": {"x": ["y", {"z": 1.5}]},
        },
        {"ratio": 2.25, "year": 1999, "matrix": ["ü"]},
    ],
    ["task git init", "task make setup", "migration rm -rf old"],
)

COPIER_FLAT = Foreign(
    "flat",
    {
        "copier.yaml": """_templates_suffix: .tmpl
_envops:
  block_start_string: "[%"
  block_end_string: "%]"
  variable_start_string: "[["
  variable_end_string: "]]"
  comment_start_string: "[#"
  comment_end_string: "#]"
  trim_blocks: true
  lstrip_blocks: true
  keep_trailing_newline: false
_exclude:
  - copier.yaml
  - "*.bak"
  - "[% if not docs %]docs/[% endif %]"
  - /only_top.txt
  - "!keep.bak"
service: kites
docs: true
port: 8080
""",
        "app/[[ service ]].conf.tmpl": "[% for i in range(2) %]\n  [% if docs %]\n  listen [[ port + i ]];\n  [% endif %]\n[% endfor %]\n{{ mustache }}\n\n",
        "docs/index.md.tmpl": "# [[ service | title ]]\n",
        "docs/raw.jinja": "{{ stays }}\n",
        "docs/x.jinja.tmpl": "[[ service ]]\n",
        "old.bak": "x",
        "keep.bak": "x",
        "only_top.txt": "x",
        "app/only_top.txt": "y",
        "[% if port > 9000 %]high[% endif %]/a.txt": "a",
        "{{ braces }}.txt": "b",
    },
    [{}, {"docs": False, "port": 9443}, {"service": "my svc"}],
)

COPIER_NO_SUFFIX = Foreign(
    "no-suffix",
    {
        "copier.yml": '_templates_suffix: ""\n_envops: {undefined: jinja2.StrictUndefined, autoescape: true}\nname: x\n',
        "a.txt": "{{ name }}\n",
        "b.jinja": "{{ name }}\n",
        "image.png": PNG,
        "latin.txt": LATIN,
    },
    [{}, {"name": "<b>&'"}],
)

BACKSTAGE_SERVICE = Foreign(
    "service",
    {
        "template.yaml": """apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: node-service
  title: Node.js Service
  description: |
    Creates a Node.js service
    with a pipeline.
  tags: [recommended, node, "Back End"]
spec:
  owner: platform-team
  type: service
  parameters:
    - title: Service
      required: [component_id, owner]
      properties:
        component_id:
          title: Name
          type: string
          pattern: "^([a-zA-Z][a-zA-Z0-9]*)([-][a-zA-Z0-9]+)*$"
          ui:autofocus: true
        description: {title: Description, type: string}
        owner: {title: Owner, type: string, ui:field: OwnerPicker}
        port: {type: number, default: 8080}
        tls: {type: boolean, default: false}
        environments: {type: array, items: {type: string}, default: [dev, prod]}
        labels: {type: object, default: {}}
      dependencies:
        tls:
          oneOf:
            - properties: {tls: {enum: [true]}, issuer: {type: string}}
            - properties: {tls: {enum: [false]}}
    - title: Repository
      required: [repoUrl]
      properties:
        repoUrl: {type: string, ui:field: RepoUrlPicker}
  steps:
    - id: fetch
      name: Fetch
      action: fetch:template
      input:
        url: ./skeleton
        copyWithoutTemplating: [".github/workflows/*", "charts/**"]
        values:
          name: ${{ parameters.component_id }}
          description: ${{ parameters.description }}
          owner: ${{ parameters.owner }}
          port: ${{ parameters.port }}
          tls: ${{ parameters.tls }}
          environments: ${{ parameters.environments }}
          labels: ${{ parameters.labels }}
          destination: ${{ parameters.repoUrl | parseRepoUrl }}
          slug: ${{ parameters.repoUrl | projectSlug }}
          image: registry/${{ parameters.component_id | lower }}:${{ parameters.port }}
          fixed: [1, two, "${{ parameters.owner }}"]
    - id: docs
      if: ${{ parameters.tls }}
      action: fetch:template
      input:
        url: ./docs-skeleton
        targetPath: ./docs
        values:
          issuer: ${{ parameters.issuer }}
          title: ${{ parameters.component_id | upper }}
    - id: plain
      action: fetch:plain
      input: {url: ./static, targetPath: static}
    - id: publish
      action: publish:github
      input: {repoUrl: "${{ parameters.repoUrl }}"}
    - id: register
      action: catalog:register
      input: {repoContentsUrl: "${{ steps['publish'].output.repoContentsUrl }}"}
  output:
    links: []
""",
        "skeleton/catalog-info.yaml": """apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: ${{ values.name | dump }}
  {%- if values.description %}
  description: ${{ values.description | dump }}
  {%- endif %}
  annotations:
    github.com/project-slug: ${{ values.destination.owner + "/" + values.destination.repo }}
  labels:
  {%- for key, value in values.labels %}
    ${{ key }}: ${{ value }}
  {%- endfor %}
spec:
  type: service
  lifecycle: experimental
  owner: ${{ values.owner | dump }}
""",
        "skeleton/package.json": '{\n  "name": "${{ values.name | lower }}",\n  "port": ${{ values.port }},\n  "tls": ${{ values.tls }},\n  "envs": ${{ values.environments | dump }},\n  "labels": ${{ values.labels | dump(2) }}\n}\n',
        "skeleton/README.md": """# ${{ values.name | replace("-", " ") | title }}

{{ not.a.variable }} \\${{ '${{' }} ${{ values.nothing.at.all }}|${{ values.nothing }}|
{% for env in values.environments -%}
${{ loop.index }}/${{ loop.length }}: ${{ env | capitalize }}{% if not loop.last %}, {% endif %}
{%- endfor %}
{% if values.port === 8080 and values.tls !== true %}usual{% elif values.port > 9000 %}high{% else %}other{% endif %}
{% if values.labels %}an empty object is true{% endif %}{% if [] %} and an array{% endif %}{% if "" %}no{% endif %}
${{ values.environments }} ${{ values.labels }} ${{ values.tls }} ${{ values.fixed | join("+") }} ${{ values.image }}
${{ "1" + 2 }} ${{ 1 + 2 }} ${{ 7 / 2 }} ${{ 4 / 2 }} ${{ values.name.length }} ${{ values.environments.length }}
${{ values.name.toUpperCase().split("-")[0] }} ${{ values.name.replace("a", "A") }} ${{ values.slug }}
${{ values.name | replace(r/[aeiou]/g, "_") }} ${{ values.environments | first }} ${{ values.environments | last }}
${{ "yes" if values.tls else "no" }} ${{ "only" if values.tls }}. ${{ values.missing | default("none") }} ${{ "dev" in values.environments }}
{# a comment #}
{% set upper = values.name | upper %}${{ upper }} ${{ upper ~ 1 }} ${{ null }} ${{ values.port == "8080" }}
{%- macro hello(who, mark="!") %}Hello ${{ who }}${{ mark }}{% endmacro %}
${{ hello("you") }} ${{ hello(values.owner, mark="?") }}
{% verbatim %}${{ verbatim }}{% endverbatim %} {% raw %}{{ raw }}{% endraw %}
""",
        "skeleton/src/${{ values.name }}/index.js!": "#!/usr/bin/env node\nconsole.log(`${process.env.X}`, '${{ values.name }}')\n",
        "skeleton/{% if values.tls %}tls{% endif %}/cert.conf": "issuer\n",
        "skeleton/.github/workflows/ci.yml": "on: push\nenv: ${{ secrets.TOKEN }}\n",
        "skeleton/charts/a/templates/${{ values.name }}.yaml": "{{ .Values.name }} {% broken\n",
        "skeleton/logo.png": PNG,
        "skeleton/windows.txt": "a\r\n${{ values.name }}\r\n",
        "docs-skeleton/index.md": "# ${{ values.title }} by ${{ values.issuer }}\n",
        "static/${{ values.name }}.txt": "${{ values.name }}\n",
    },
    [
        {
            "component_id": "kite-shop",
            "owner": "group:default/kites",
            "repoUrl": "github.com?owner=acme&repo=kite-shop",
        },
        {
            "component_id": "Banana-Store",
            "description": 'Sells "bananas" & more',
            "owner": "me",
            "port": 9443,
            "tls": True,
            "issuer": "ca",
            "environments": [],
            "labels": {"team": "x", "cost": 4, "on": False},
            "repoUrl": "gitlab.example.com?owner=o%2Fp&repo=r",
        },
        {
            "component_id": "a",
            "owner": "",
            "repoUrl": "x?repo=y",
            "environments": ["ü"],
            "port": 1.5,
            "description": "",
        },
    ],
    ["step publish: publish:github", "step register: catalog:register"],
)

BACKSTAGE_COMPAT = Foreign(
    "compat",
    {
        "template.yaml": """apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: compat, title: Compat}
spec:
  type: library
  parameters:
    properties:
      name: {type: string, default: lib}
      kinds: {type: array, default: [a, b]}
  steps:
    - action: fetch:template
      input:
        url: ./{{cookiecutter.name}}
        targetPath: out
        cookiecutterCompat: true
        trimBlocks: true
        lstripBlocks: true
        copyWithoutRender: ["*.tpl"]
        values: {name: "${{ parameters.name }}", kinds: "${{ parameters.kinds }}", public: true}
    - action: debug:log
""",
        "{{cookiecutter.name}}/{{cookiecutter.name}}.py": "{% if cookiecutter.public %}\nimport {{ cookiecutter.name }}\n    {% for kind in cookiecutter.kinds %}\n{{ kind | upper }}\n    {% endfor %}\n  {# kept as a line #}\n{% endif %}\n{{ cookiecutter.kinds | jsonify }}\n",
        "{{cookiecutter.name}}/{{cookiecutter.name}}.tpl": "{{ cookiecutter.name }}\n",
    },
    [{}, {"name": "kite", "kinds": []}],
    ["step 1: debug:log"],
)

BACKSTAGE_EXTENSION = Foreign(
    "extension",
    {
        "template.yaml": """apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: extension, title: Extension}
spec:
  type: library
  parameters:
    - properties:
        name: {type: string, default: lib}
  steps:
    - action: fetch:template
      input: {url: ., templateFileExtension: true, values: {name: "${{ parameters.name }}"}}
""",
        "a/${{ values.name }}.txt.njk": "${{ values.name }}\n",
        "a/${{ values.name }}.txt2": "${{ values.name }}\n",
    },
    [{}, {"name": "x"}],
)

COOKIECUTTER = [PYPACKAGE, DJANGO, BRACKETS]
COPIER = [COPIER_LIBRARY, COPIER_FLAT, COPIER_NO_SUFFIX]
BACKSTAGE = [BACKSTAGE_SERVICE, BACKSTAGE_COMPAT, BACKSTAGE_EXTENSION]
