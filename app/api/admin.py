"""Operators' routes: reload the configuration, load, unload and pin replicas by reference; admin keys only."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from app.api.context import Reloading, Serving
from app.auth import GuardedRoute, require
from app.errors import ReplicaPinned, UnknownReplica
from app.services import Services
from model_pool.replica import ReplicaSpec

router = APIRouter(
    prefix="/admin", tags=["operation"], dependencies=[Depends(require("admin"))], route_class=GuardedRoute
)


class Named(BaseModel):
    """A checkpoint by the reference that a tier has for it."""

    model_config = ConfigDict(extra="forbid")

    reference: str = Field(examples=["embedded/en-pt"])


class Pin(Named):
    """Whether it may be evicted or unloaded for being idle."""

    pinned: bool = True


class Reloaded(BaseModel):
    """What a reload did."""

    added: list[str] = Field(description="References that are new.")
    removed: list[str] = Field(description="References that no tier uses any more; they leave with their last request.")
    tiers: list[str]
    needs_restart: list[str] = Field(description="Settings that differ from the running ones and wait for a restart.")


class Done(BaseModel):
    """Replicas that a command was carried out on, as digest/engine/device/compute type."""

    replicas: list[str]


@router.post("/reload")
async def reload(reloader: Reloading) -> Reloaded:
    """Take the configuration as it is on disk now; a mistake in it is a 400 and changes nothing."""
    report = await reloader.reload()
    return Reloaded(
        added=list(report.added),
        removed=list(report.removed),
        tiers=list(report.tiers),
        needs_restart=list(report.needs_restart),
    )


@router.post("/load")
async def load(named: Named, serving: Serving) -> Done:
    """Load a checkpoint now; answers when it is ready."""
    specs = _specs(serving, named.reference)
    for spec in specs:
        await serving.load(spec)
    return _done(specs)


@router.post("/unload")
async def unload(named: Named, serving: Serving) -> Done:
    """Free a checkpoint's memory once its requests have ended; the next request loads it again."""
    specs = _specs(serving, named.reference)
    pinned = {snapshot.key for snapshot in serving.pool.snapshot() if snapshot.pinned}
    if any(spec.key in pinned for spec in specs):
        raise ReplicaPinned(f"{named.reference} is pinned. Unpin it first: POST /admin/pin with pinned = false.")
    for spec in specs:
        serving.pool.unload(spec.key)
    return _done(specs)


@router.post("/pin")
async def pin(wish: Pin, serving: Serving) -> Done:
    """Keep a checkpoint in memory whatever else wants room, or no longer; holds until the next reload."""
    specs = _specs(serving, wish.reference)
    for spec in specs:
        serving.pool.configure(spec.key, replace(serving.tiers.policy_of(spec.key), pinned=wish.pinned))
    return _done(specs)


def _specs(serving: Services, reference: str) -> list[ReplicaSpec]:
    specs = serving.specs_named(reference)
    if not specs:
        known = [name for key in serving.tiers.unique for name in serving.tiers.references_of(key)]
        raise UnknownReplica(
            f"No tier uses {reference!r}. There are: {', '.join(known)}.", detail={"references": known}
        )
    return specs


def _done(specs: list[ReplicaSpec]) -> Done:
    return Done(replicas=[str(spec.key) for spec in specs])
