"""Which templates a tenant can see: its own and, where it has none of that id, the shared one."""

from __future__ import annotations

from maestro_core.errors import FailedPrecondition, NotFound
from maestro_template.domain.model import Status, Template
from maestro_template.domain.ports import Templates


async def find_visible(templates: Templates, tenant: str, template_id: str) -> Template:
    """The template that a tenant means by an id. Raises NotFound (TEMPLATE_NOT_FOUND)."""
    found = await templates.find_visible(tenant, template_id)
    if found is None:
        raise not_found(template_id)
    return found


async def find_usable(templates: Templates, tenant: str, template_id: str) -> Template:
    """The same, where it may still be used.

    Raises NotFound (TEMPLATE_NOT_FOUND), FailedPrecondition (TEMPLATE_REVOKED).
    """
    found = await find_visible(templates, tenant, template_id)
    if found.status is Status.REVOKED:
        raise FailedPrecondition(
            f"{template_id} is revoked and can't be used any more", reason="TEMPLATE_REVOKED"
        )
    return found


def not_found(template_id: str) -> NotFound:
    """The same for what is not there and for what is another tenant's."""
    return NotFound(f"there is no template {template_id}", reason="TEMPLATE_NOT_FOUND")
