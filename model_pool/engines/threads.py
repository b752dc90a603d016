"""How many batches run at once, and on how many threads each; pure."""

from __future__ import annotations

from dataclasses import dataclass

SMALL_MODEL_BYTES = 200 * 2**20
"""Below this a matrix product is too short to share: intra-op threads made such models 4 to 9 times slower."""

MAX_INTRA_THREADS = 8


@dataclass(frozen=True, slots=True)
class ThreadPlan:
    """inter: batches computed at the same time; intra: threads inside each of them."""

    inter: int
    intra: int


def plan_threads(*, cpus: int, weights_bytes: int, inter: int = 0, intra: int = 0) -> ThreadPlan:
    """Return the plan for a checkpoint of this size; a non-zero `inter` or `intra` is taken as given."""
    if not intra:
        share = cpus // inter if inter else cpus
        intra = 1 if weights_bytes < SMALL_MODEL_BYTES else max(1, min(MAX_INTRA_THREADS, share))
    return ThreadPlan(inter or max(1, cpus // intra), intra)
