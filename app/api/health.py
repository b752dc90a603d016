"""Liveness, readiness and both; `/ready` is what a load balancer should ask."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from app.api.context import Serving
from app.api.problems import rendered
from app.api.schemas.errors import ErrorResponse
from app.errors import Problem

router = APIRouter(tags=["monitoring"])
_UNAVAILABLE: dict[int | str, dict[str, Any]] = {
    503: {"model": ErrorResponse, "description": "Not ready; detail says why."}
}


class Health(BaseModel):
    """How the server is."""

    status: str = Field(examples=["ok"])


@router.get("/live")
async def live() -> Health:
    """Say that the process answers; costs nothing and proves nothing else."""
    return Health(status="ok")


@router.get("/ready", responses=_UNAVAILABLE, response_model=Health)
async def ready(serving: Serving) -> Health | Response:
    """Say whether every preloaded tier is in memory and has translated a test text within `health.canary_max_age`."""
    reasons = await serving.canary.reasons()
    if not reasons:
        return Health(status="ok")
    message = "Not ready: " + "; ".join(reasons)
    return rendered(Problem(503, "not_ready", message, {"reasons": reasons}, retry_after=1.0))


@router.get("/health", responses=_UNAVAILABLE, response_model=Health)
async def health(serving: Serving) -> Health | Response:
    """Both of them: the process answers, and it can do its work."""
    return await ready(serving)
