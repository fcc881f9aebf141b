"""Which templates a tenant can see, and under which name."""

from __future__ import annotations

from maestro_core.errors import NotFound
from maestro_template.domain.model import SYSTEM_TENANT, Template, Visibility
from maestro_template.domain.ports import Templates


async def find_visible(templates: Templates, caller: str, owner: str, template_id: str) -> Template:
    """The template of that owner if the caller may see it, else the shipped one of that id.

    Raises NotFound (TEMPLATE_NOT_FOUND), the same for what is not there and for what is not shown.
    """
    found = await templates.find(owner, template_id)
    if found is not None and (owner == caller or found.visibility is Visibility.SHARED):
        return found
    shipped = await templates.find(SYSTEM_TENANT, template_id) if owner == caller else None
    if shipped is None:
        raise not_found(owner, template_id)
    return shipped


def not_found(owner: str, template_id: str) -> NotFound:
    """The answer for a template that the caller can't see."""
    return NotFound(
        f"there is no template tenants/{owner}/templates/{template_id}",
        reason="TEMPLATE_NOT_FOUND",
        metadata={"template": template_id},
    )
