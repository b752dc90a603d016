"""Which inputs are models and which are test sets, and what is asked of them; reads the test sets."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from model_pool.workshop.artifact import Artifact, Kind
from model_pool.workshop.data.samples import read_samples
from model_pool.workshop.errors import RecipeInvalid
from model_pool.workshop.evaluate.step import STEP, EvaluateOptions
from model_pool.workshop.models.running import Running
from model_pool.workshop.step import Job

_TEACHER = "teacher"
_NAME = re.compile(r"\w[\w.+-]*")


@dataclass(frozen=True, slots=True)
class TestSet:
    """Sentences and, where the corpus has them, their references."""

    __test__ = False  # no test case, whatever pytest thinks of the name

    name: str
    sources: tuple[str, ...]
    references: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Contest:
    """What an evaluation is about. models: by name, the base first. base: empty where there is none."""

    models: Mapping[str, Artifact]
    sets: tuple[TestSet, ...]
    base: str

    @property
    def texts(self) -> list[str]:
        """Every sentence of every set, one set after another."""
        return [text for one in self.sets for text in one.sources]

    def split(self, values: Sequence[Any]) -> dict[str, list[Any]]:
        """Cut what belongs to `texts` into its sets."""
        found, start = {}, 0
        for one in self.sets:
            found[one.name] = list(values[start : start + len(one.sources)])
            start += len(one.sources)
        return found


def read_contest(job: Job[EvaluateOptions]) -> Contest:
    """Sort the inputs. Raises RecipeInvalid where a model or a test set is missing, DataInvalid."""
    others = {name: artifact for name, artifact in sorted(job.inputs.items()) if name not in STEP.inputs}
    odd = next((name for name in others if not _NAME.fullmatch(name)), None)
    if odd:
        raise RecipeInvalid(f"{odd!r} cannot be a name here. Use letters, digits and - _ . +")
    models = {name: artifact for name, artifact in others.items() if artifact.kind is not Kind.CORPUS}
    corpora = {name: artifact for name, artifact in others.items() if artifact.kind is Kind.CORPUS}
    if not models or not corpora:
        raise RecipeInvalid("evaluate needs a model and a test set at least: --with student=DIR --with news=FILE.")
    base = job.options.base or (_TEACHER if _TEACHER in models else "")
    if base and base not in models:
        raise RecipeInvalid(f"base is {base!r}, and the models are: {', '.join(models)}.")
    ordered = dict(sorted(models.items(), key=lambda each: each[0] != base))
    return Contest(ordered, tuple(_read(job, name, corpus) for name, corpus in corpora.items()), base)


def draw_timed(contest: Contest, count: int, *, seed: int) -> list[int]:
    """Return the places of the sentences to time."""
    places = range(len(contest.texts))
    return sorted(random.Random(seed).sample(places, min(count, len(places))))  # noqa: S311 - no secret


def running(options: EvaluateOptions) -> dict[str, Any]:
    """Return how every model runs, as a request has it."""
    return asdict(
        Running(
            device=options.device,
            compute_type=options.compute_type,
            threads=options.threads,
            beam=options.beam,
            source=options.source,
            target=options.target,
        )
    )


def _read(job: Job[EvaluateOptions], name: str, corpus: Artifact) -> TestSet:
    options = job.options
    pairs = read_samples(corpus, options.split, options.columns, options.limit, seed=job.seed)
    references = tuple(pair.target for pair in pairs)
    return TestSet(name, tuple(pair.source for pair in pairs), references if all(references) else None)
