"""The files of a report: report.json, report.md, report.html and plots; touches disk."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model_pool.tuning.machine import this_machine
from model_pool.workshop.artifact import RECORD_NAME, Artifact
from model_pool.workshop.evaluate.inputs import Contest
from model_pool.workshop.evaluate.markdown import markdown
from model_pool.workshop.evaluate.page import page
from model_pool.workshop.evaluate.picking import pick_for_page, pick_interesting
from model_pool.workshop.evaluate.plots import plot
from model_pool.workshop.evaluate.scoring import Outputs, Scored
from model_pool.workshop.evaluate.step import EvaluateOptions
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Job


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that was measured. timed, aligned, computed: by model."""

    contest: Contest
    outputs: Outputs
    scored: Scored
    timed: Mapping[str, Mapping[str, Any]]
    aligned: Mapping[str, Mapping[str, float]]
    computed: Mapping[str, str]


def write_report(job: Job[EvaluateOptions], found: Findings) -> Figures:
    """Write all files, and return the figures."""
    figures = _figures(job, found)
    rows = pick_interesting(found.contest, found.outputs, job.options.samples)
    plots = plot(job.output, figures)
    whole = {**figures, "samples": rows}
    (job.output / "report.json").write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (job.output / "report.md").write_text(markdown(figures, rows, plots), encoding="utf-8")
    shown = pick_for_page(found.contest, found.outputs, job.options.page, seed=job.seed)
    (job.output / "report.html").write_text(page(figures, shown), encoding="utf-8")
    return figures


def _figures(job: Job[EvaluateOptions], found: Findings) -> dict[str, Any]:
    machine = this_machine(job.options.device, "ctranslate2")
    return {
        "command": _command(job),
        "machine": {**machine.model_dump(), "load_average": round(os.getloadavg()[0], 2)},
        "seed": job.seed,
        "base": found.contest.base,
        "options": job.options.model_dump(mode="json"),
        "models": {name: _model(artifact, name, found) for name, artifact in found.contest.models.items()},
        "sets": {
            one.name: {
                "sentences": len(one.sources),
                "references": one.references is not None,
                "models": found.scored[one.name],
            }
            for one in found.contest.sets
        },
    }


def _model(artifact: Artifact, name: str, found: Findings) -> dict[str, Any]:
    return {
        "kind": artifact.kind,
        "digest": artifact.digest,
        "bytes": size_of(artifact),
        "compute_type": found.computed[name],
        "speed": dict(found.timed.get(name, {})),
        "alignment": dict(found.aligned.get(name, {})),
    }


def size_of(artifact: Artifact) -> int:
    """Return the bytes of a model's files on disk, the workshop's own record not counted."""
    return sum(path.stat().st_size for path in artifact.path.rglob("*") if path.is_file() and path.name != RECORD_NAME)


def _command(job: Job[EvaluateOptions]) -> str:
    """Return the command that makes this report again."""
    parts = ["babelpool", "workshop", "evaluate", *_given(job.inputs)]
    defaults = EvaluateOptions()
    for name in EvaluateOptions.model_fields:
        value = getattr(job.options, name)
        if value != getattr(defaults, name):
            parts += _option(name.replace("_", "-"), value)
    return shlex.join([*parts, "--seed", str(job.seed)])


def _given(inputs: Mapping[str, Artifact]) -> Sequence[str]:
    parts = []
    for name, artifact in sorted(inputs.items()):
        for path in artifact.paths:
            parts += ["--comet", str(path)] if name == "comet" else ["--with", f"{name}={path}"]
    return parts


def _option(name: str, value: Any) -> Sequence[str]:  # noqa: ANN401 - of any option
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    values = value if isinstance(value, tuple) else (value,)
    return [part for one in values for part in (f"--{name}", str(one))]
