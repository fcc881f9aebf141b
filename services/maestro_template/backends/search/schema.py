"""How a template becomes a document of the index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import tantivy

from maestro_template.domain.model import Template, Visibility

STEMMED: Final = "stemmed"
# The facets a caller may ask for, by the field that holds them.
FACETS: Final = ("category", "kind", "tag", "status", "owner")
EVERYBODY: Final = "*"


def analyzer() -> tantivy.TextAnalyzer:
    """English words, lower-case and stemmed."""
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(60))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stopword("english"))
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def schema() -> tantivy.Schema:
    """The fields: `key` finds one document, `sees` who may find it, the rest is what to find it by."""
    builder = tantivy.SchemaBuilder()
    for name in ("key", "id", "sees"):
        builder.add_text_field(name, stored=name == "key", tokenizer_name="raw", index_option="basic")
    for name in FACETS:
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("title", "words", "summary", "body"):
        builder.add_text_field(name, tokenizer_name=STEMMED)
    return builder.build()


def key(tenant: str, template_id: str) -> str:
    """Names one document; a tenant's id has no slash."""
    return f"{tenant}/{template_id}"


def split_key(value: str) -> tuple[str, str]:
    """The tenant and the id that a key was made of."""
    tenant, _, template_id = value.partition("/")
    return tenant, template_id


def document(template: Template) -> tantivy.Document:
    """What is indexed of a template."""
    sees = [template.tenant, *([EVERYBODY] if template.visibility is Visibility.SHARED else [])]
    fields: dict[str, str | Sequence[str]] = {
        "key": key(template.tenant, template.id),
        "id": template.id,
        "sees": sees,
        "category": template.category,
        "kind": template.kind,
        "tag": list(template.tags),
        "status": template.status.value.upper(),
        "owner": template.owner,
        "title": f"{template.id.replace('-', ' ')} {template.name}",
        "words": " ".join((*template.tags, template.kind, template.category.replace("_", " "))),
        "summary": template.summary,
        "body": template.readme,
    }
    result = tantivy.Document()
    for name, values in fields.items():
        for value in [values] if isinstance(values, str) else values:
            result.add_text(name, value)
    return result
