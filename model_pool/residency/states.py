"""States of an entry and the one table of allowed moves; pure.

COLD <-> RESERVED -> LOADING -> READY -> DRAINING -> UNLOADING -> COLD
                        |                               |
                        +-----------> FAILED <----------+      FAILED -> RESERVED after its cooldown
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a replica is on its way into and out of memory."""

    COLD = "cold"
    RESERVED = "reserved"
    LOADING = "loading"
    READY = "ready"
    DRAINING = "draining"
    UNLOADING = "unloading"
    FAILED = "failed"


ALLOWED: dict[State, frozenset[State]] = {
    State.COLD: frozenset({State.RESERVED}),
    State.RESERVED: frozenset({State.LOADING, State.COLD}),
    State.LOADING: frozenset({State.READY, State.FAILED}),
    State.READY: frozenset({State.DRAINING}),
    State.DRAINING: frozenset({State.UNLOADING}),
    State.UNLOADING: frozenset({State.COLD, State.FAILED}),
    State.FAILED: frozenset({State.RESERVED}),
}

SETTLED = frozenset({State.COLD, State.READY, State.FAILED})
"""Nothing is under way: no waiter may be left in one of these."""

STAYING = frozenset({State.RESERVED, State.LOADING, State.READY})
"""What a budget is planned with: memory that is spoken for and not on its way out."""

UNDER_WAY = frozenset({State.LOADING, State.DRAINING, State.UNLOADING})
"""Whoever waits for room hears of it when one of these ends."""

HOLDS_MEMORY = frozenset({State.RESERVED, State.LOADING, State.READY, State.DRAINING, State.UNLOADING})
"""The ledger counts these: a load's reservation, and memory until its unload has completed."""
