"""Who holds which record, in a table beside it: a renewal is no change that anybody watches."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, MetaData

from maestro_core.store.codec import Codec, Document
from maestro_core.store.records import Records
from maestro_core.store.transaction import Transaction
from maestro_healing.domain.errors import LeaseLost
from maestro_healing.domain.healing import Lease
from maestro_healing.domain.usecases.ports import Key

_LEASE = TypeAdapter(Lease)


def _encode(lease: Lease) -> Document:
    document: Document = _LEASE.dump_python(lease, mode="json")
    return document


class Holdings:
    """Leases, each under the tenant and id of what it is on."""

    def __init__(self, name: str, metadata: MetaData) -> None:
        self._leases = Records(name, metadata, Codec(encode=_encode, decode=_LEASE.validate_python))

    def current(self, on: Connection, now: datetime) -> set[Key]:
        """All that somebody holds."""
        return {(tenant, id) for tenant, id, lease in self._leases.scan(on) if lease.expires > now}

    def find(self, on: Connection, key: Key) -> Lease | None:
        """The lease on one, over or not."""
        return self._leases.find(on, *key)

    def put(self, tx: Transaction, key: Key, lease: Lease) -> None:
        """Take or renew one, whoever had it before."""
        if self._leases.find(tx.connection, *key) is None:
            self._leases.insert(tx.connection, *key, lease)
        else:
            self._leases.update(tx.connection, *key, lease)

    def renew(self, tx: Transaction, keys: Collection[Key], lease: Lease) -> Collection[Key]:
        """Renew those that the lease's holder holds; gives the others."""
        lost = {key for key in keys if not self._holds(tx, key, lease.holder)}
        for key in set(keys) - lost:
            self._leases.update(tx.connection, *key, lease)
        return lost

    def require(self, tx: Transaction, key: Key, holder: str) -> None:
        """Raise LeaseLost where one is not the holder's."""
        if not self._holds(tx, key, holder):
            raise LeaseLost

    def end(self, tx: Transaction, key: Key) -> None:
        """Nobody holds it any more."""
        if self._leases.find(tx.connection, *key) is not None:
            self._leases.delete(tx.connection, *key)

    def _holds(self, tx: Transaction, key: Key, holder: str) -> bool:
        lease = self._leases.find(tx.connection, *key)
        return lease is not None and lease.holder == holder
