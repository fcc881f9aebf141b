"""Whether the process lives, and whether it can take requests: an orchestrator asks both."""

from fastapi import APIRouter

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> dict[str, str]:
    """The process answers. It depends on nothing else: an outage elsewhere must not restart it."""
    return {"status": "ok"}


@router.get("/ready")
async def ready() -> dict[str, str]:
    """The service can do its work. Ask the database and the like here."""
    return {"status": "ok"}
