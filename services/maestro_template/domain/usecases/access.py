"""Which templates a tenant can see: its own and, where it has none of that id, the shared one."""

from __future__ import annotations

from maestro_core.errors import NotFound
from maestro_template.domain.model import Template
from maestro_template.domain.ports import Templates


async def find_visible(templates: Templates, tenant: str, template_id: str) -> Template:
    """The template that a tenant means by an id. Raises NotFound (TEMPLATE_NOT_FOUND)."""
    found = await templates.find_visible(tenant, template_id)
    if found is None:
        raise not_found(template_id)
    return found


def not_found(template_id: str) -> NotFound:
    """The same for what is not there and for what is another tenant's."""
    return NotFound(f"there is no template {template_id}", reason="TEMPLATE_NOT_FOUND")
