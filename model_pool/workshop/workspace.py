"""Runs steps, each result once: what was made before from the same inputs is found again by its key; touches disk.

    <workspace>/<step>-<key>/           finished artifacts; the key is a hash of everything that shapes the result
    <workspace>/.partial/<step>-<key>/  output/ and scratch/ of a run that has begun; lock says whether it still runs

A run that was killed leaves its scratch, from which the next one goes on, and nothing that looks finished.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from time import perf_counter

from model_pool.catalog.files import is_locked, locked, writing
from model_pool.workshop.artifact import Artifact, StepLineage, open_artifact, seal
from model_pool.workshop.errors import ExtraMissing, WorkshopError
from model_pool.workshop.progress import Progress, Silent
from model_pool.workshop.step import AnyStep, Estimate, Job, StepOptions

_KEY = 16


@dataclass(frozen=True, slots=True)
class Made:
    """An artifact, and whether it was there already. seconds: what this run took."""

    artifact: Artifact
    found: bool
    seconds: float


class Workspace:
    """A directory of artifacts."""

    def __init__(self, root: Path, progress: Progress | None = None) -> None:
        self.root = root
        self._progress = progress or Silent()

    def make(
        self, step: AnyStep, inputs: Mapping[str, Artifact], options: StepOptions, *, seed: int = 1, fresh: bool = False
    ) -> Made:
        """Return what the step makes of these inputs: from an earlier run, or by running it.

        fresh: throw away what an interrupted run left. Raises WorkshopError and what the step raises.
        """
        step.checked(inputs)
        key = self.key(step, inputs, options, seed=seed)
        finished = self.root / key
        started = perf_counter()
        if (found := self._find(finished)) is not None:
            return Made(found, found=True, seconds=perf_counter() - started)
        with self._partial(key, fresh=fresh) as partial, writing(self.root, "--workspace"):
            job = self._job(step, inputs, options, seed, partial)
            figures = dict(step.run(job))
            lineage = _lineage(step, inputs, options, seed, figures)
            seal(job.output, step.output, lineage)
            job.output.rename(finished)
        return Made(open_artifact([finished]), found=False, seconds=perf_counter() - started)

    def key(self, step: AnyStep, inputs: Mapping[str, Artifact], options: StepOptions, *, seed: int) -> str:
        """Return the name of the result: step, its version, options, seed and every input's content."""
        content = {
            "step": step.name,
            "version": step.version,
            "options": options.model_dump(mode="json"),
            "seed": seed,
            "inputs": {name: inputs[name].digest for name in sorted(inputs)},
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return f"{step.name}-{hashlib.sha256(canonical.encode()).hexdigest()[:_KEY]}"

    def estimate(
        self, step: AnyStep, inputs: Mapping[str, Artifact], options: StepOptions, *, seed: int = 1
    ) -> Estimate | None:
        """Return what a run would take; None where there is nothing to run. Writes nothing."""
        step.checked(inputs)
        key = self.key(step, inputs, options, seed=seed)
        if self._find(self.root / key) is not None:
            return None
        if step.estimate is None:
            return Estimate()
        return step.estimate(self._job(step, inputs, options, seed, self.root / ".partial" / key))

    def _find(self, finished: Path) -> Artifact | None:
        return open_artifact([finished]) if finished.is_dir() else None

    def _job(
        self, step: AnyStep, inputs: Mapping[str, Artifact], options: StepOptions, seed: int, partial: Path
    ) -> Job[StepOptions]:
        if not isinstance(options, step.options):
            raise WorkshopError(f"{step.name} takes {step.options.__name__}, not {type(options).__name__}.")
        return Job(inputs, options, seed, partial / "output", partial / "scratch", self._progress)

    @contextmanager
    def _partial(self, key: str, *, fresh: bool) -> Iterator[Path]:
        """Hold the directory of a run, with an empty output; another run of the same is refused."""
        partial = self.root / ".partial" / key
        with writing(self.root, "--workspace"):
            partial.mkdir(parents=True, exist_ok=True)
        lock = partial / "lock"
        if is_locked(lock):
            raise WorkshopError(f"{key} is being made by another process already. Wait for it.")
        with locked(lock):
            if fresh:
                shutil.rmtree(partial / "scratch", ignore_errors=True)
            shutil.rmtree(partial / "output", ignore_errors=True)
            for name in ("output", "scratch"):
                (partial / name).mkdir(exist_ok=True)
            yield partial
            shutil.rmtree(partial)


def _lineage(
    step: AnyStep, inputs: Mapping[str, Artifact], options: StepOptions, seed: int, figures: dict[str, object]
) -> StepLineage:
    return StepLineage(
        step=step.name,
        step_version=step.version,
        options=options.model_dump(mode="json"),
        seed=seed,
        parents={name: inputs[name].digest for name in sorted(inputs)},
        versions={name: _version(name) for name in ("babelpool", *step.libraries)},
        figures=figures,
    )


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        raise ExtraMissing(
            f'{distribution} is not installed. Install the workshop: pip install "babelpool[workshop]"'
        ) from None
