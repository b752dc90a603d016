"""The lineage of a step in the words of the catalog's manifest, so that a served checkpoint tells how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_pool.catalog.manifest import Lineage
from model_pool.workshop.artifact import Artifact, StepLineage
from model_pool.workshop.step import Job


def manifest_lineage(step: str, job: Job[Any], versions: Mapping[str, str]) -> Lineage:
    """Return what a manifest says of a checkpoint that this job makes: parents, step, and how the parents were made."""
    made = {name: _made(artifact.lineage) for name, artifact in sorted(job.inputs.items()) if artifact.lineage}
    recipe = {"step": step, "options": job.options.model_dump(mode="json"), "seed": job.seed}
    return Lineage(
        parents=tuple(job.inputs[name].digest for name in sorted(job.inputs)),
        recipe=recipe | ({"parents": made} if made else {}),
        versions=dict(versions),
    )


def _made(lineage: StepLineage) -> dict[str, Any]:
    """Return how a parent was made, without what was measured on the way: that is in its own record."""
    return lineage.model_dump(mode="json", exclude={"figures"})


def origin_of(artifact: Artifact) -> str:
    """Return one line on where an artifact is from."""
    lineage = artifact.lineage
    return f"the workshop's step {lineage.step}" if lineage else artifact.path.name
