"""The `SearchIndex` port on tantivy."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, Final

import tantivy
from tantivy import Occur, Query

from maestro_template.backends.search.schema import (
    EVERYBODY,
    FACETS,
    STEMMED,
    analyzer,
    document,
    key,
    schema,
    split_key,
)
from maestro_template.domain.model import Template
from maestro_template.domain.ports import Hit, SearchQuery, SearchResult

_WRITER_BYTES: Final = 15_000_000
_FACET_VALUES: Final = 1_000
_MOST_WORDS: Final = 20
# An exact id beats any sum of words.
_EXACT: Final = 10_000.0
_WEIGHTS: Final[Mapping[str, float]] = {"title": 5.0, "words": 3.0, "summary": 2.0, "body": 0.5}
# Below this length one changed letter makes another word.
_FUZZY_LENGTH: Final = 5


class TantivyIndex:
    """An index in memory. Changes are seen by the next search."""

    def __init__(self) -> None:
        self._analyzer = analyzer()
        self._index = tantivy.Index(schema())
        self._index.register_tokenizer(STEMMED, self._analyzer)
        self._writer = self._index.writer(_WRITER_BYTES, 1)
        self._dirty = False
        self._lock = Lock()

    async def rebuild(self, templates: Sequence[Template]) -> None:
        """Forget everything and index these templates."""

        def write() -> None:
            with self._lock:
                self._writer.delete_all_documents()
                for template in templates:
                    self._writer.add_document(document(template))
                self._dirty = True

        await asyncio.to_thread(write)

    async def put(self, template: Template) -> None:
        """Add or replace one template."""
        with self._lock:
            self._writer.delete_documents_by_term("key", key(template.tenant, template.id))
            self._writer.add_document(document(template))
            self._dirty = True

    async def remove(self, tenant: str, template_id: str) -> None:
        """Forget one template."""
        with self._lock:
            self._writer.delete_documents_by_term("key", key(tenant, template_id))
            self._dirty = True

    async def search(self, tenant: str, query: SearchQuery) -> SearchResult:
        """Search what this tenant may see."""
        return await asyncio.to_thread(self._search, tenant, query)

    def _search(self, tenant: str, query: SearchQuery) -> SearchResult:
        self._commit()
        searcher = self._index.searcher()
        wanted = Query.boolean_query([(Occur.Must, self._words(query.text)), *self._filters(tenant, query)])
        found = searcher.search(wanted, limit=max(query.limit, 1), offset=query.offset)
        hits = tuple(
            Hit(*split_key(str(searcher.doc(address).get_first("key"))), float(score))
            for score, address in found.hits[: query.limit]
        )
        counts = searcher.aggregate(
            wanted, {name: {"terms": {"field": name, "size": _FACET_VALUES}} for name in FACETS}
        )
        return SearchResult(hits, int(_total(found)), {name: _buckets(counts[name]) for name in FACETS})

    def _commit(self) -> None:
        # A commit costs milliseconds, so one pays for all changes since the last search.
        with self._lock:
            if self._dirty:
                self._writer.commit()
                self._index.reload()
                self._dirty = False

    def _words(self, text: str) -> Query:
        words = self._analyzer.analyze(text)[:_MOST_WORDS]
        if not words:
            return Query.all_query()
        fields = self._index.schema
        exact = Query.term_query(fields, "id", "-".join(text.lower().replace("-", " ").split()))
        parts = [(Occur.Should, Query.boost_query(Query.const_score_query(exact, 1.0), _EXACT))]
        for word in words:
            choices = [
                Query.boost_query(Query.term_query(fields, field, word), weight)
                for field, weight in _WEIGHTS.items()
            ]
            if len(word) >= _FUZZY_LENGTH:
                choices.append(Query.boost_query(Query.fuzzy_term_query(fields, "title", word), 0.3))
            parts.append((Occur.Should, Query.disjunction_max_query(choices, 0.1)))
        return Query.boolean_query(parts)

    def _filters(self, tenant: str, query: SearchQuery) -> list[tuple[Occur, Query]]:
        fields = self._index.schema
        restrictions = {"sees": [tenant, EVERYBODY], **query.facets}
        return [
            (Occur.Must, Query.const_score_query(Query.term_set_query(fields, field, list(values)), 0.0))
            for field, values in restrictions.items()
        ]


def _total(found: Any) -> int:
    total: int = found.count
    return total


def _buckets(aggregation: Mapping[str, Any]) -> dict[str, int]:
    return {str(bucket["key"]): int(bucket["doc_count"]) for bucket in aggregation["buckets"]}
