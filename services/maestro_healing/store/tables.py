"""The records, and the one way to change one: with its event, in one transaction."""

from __future__ import annotations

from pydantic import TypeAdapter
from sqlalchemy import MetaData

from maestro_core.events.streams import AUTOMATION_HEALINGS, AUTOMATION_RESULTS
from maestro_core.store.codec import Codec, Document
from maestro_core.store.records import Records
from maestro_core.store.transaction import Transaction
from maestro_healing.domain.healing import Healing, HealingState
from maestro_healing.domain.monitor import Monitor, OpenErrors
from maestro_healing.domain.usecases.ports import Change
from maestro_healing.events.messages import healing_message
from maestro_healing.store.holdings import Holdings

METADATA = MetaData()
_HEALING = TypeAdapter(Healing)
_MONITOR = TypeAdapter(Monitor)
_OPEN = TypeAdapter(OpenErrors)


def _encode(healing: Healing) -> Document:
    document: Document = _HEALING.dump_python(healing, mode="json")
    document["unfinished"] = not healing.state.ended
    return document


def _encode_monitor(monitor: Monitor) -> Document:
    document: Document = _MONITOR.dump_python(monitor, mode="json")
    return document


def _encode_open(errors: OpenErrors) -> Document:
    document: Document = _OPEN.dump_python(errors, mode="json")
    return document


HEALINGS = Records(
    "healings",
    METADATA,
    Codec(encode=_encode, decode=_HEALING.validate_python),
    columns={"state": str, "owner": str, "unfinished": bool},
)
LEASES = Holdings("leases", METADATA)
MONITORS = Records("monitors", METADATA, Codec(encode=_encode_monitor, decode=_MONITOR.validate_python))
MONITOR_LEASES = Holdings("monitor_leases", METADATA)
# Under the tenant and id of the monitor. Apart from it: there may be thousands, and most polls need none.
OPEN_ERRORS = Records("open_errors", METADATA, Codec(encode=_encode_open, decode=_OPEN.validate_python))


def change_healing(tx: Transaction, tenant: str, id: str, change: Change) -> Healing:
    """Change one, and tell of it. Nobody holds one that is not running. Raises NotFound."""
    old = HEALINGS.get(tx.connection, tenant, id)
    new = change(old)
    if new == old:
        return old
    if new.state is not HealingState.RUNNING:
        LEASES.end(tx, (tenant, id))
    return tell_of(tx, HEALINGS.update(tx.connection, tenant, id, new, etag=old.etag))


def tell_of(tx: Transaction, healing: Healing) -> Healing:
    """Publish a healing as it stands; one that has ended is a result too."""
    message = healing_message(healing, report=True)
    for stream in (
        (AUTOMATION_HEALINGS, AUTOMATION_RESULTS) if healing.state.ended else (AUTOMATION_HEALINGS,)
    ):
        tx.emit(stream, message, tenant=healing.tenant, subject=healing.name)
    return healing
