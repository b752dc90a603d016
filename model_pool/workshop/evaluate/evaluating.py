"""The order of an evaluation: translate, read, score, time, write. Touches disk and starts processes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from model_pool.workshop.evaluate.alignment import alignment_error, load_attention
from model_pool.workshop.evaluate.asking import ask
from model_pool.workshop.evaluate.comet import Comet
from model_pool.workshop.evaluate.inputs import Contest, draw_timed, read_contest, running
from model_pool.workshop.evaluate.scoring import Scorer
from model_pool.workshop.evaluate.speeds import speeds
from model_pool.workshop.evaluate.step import EvaluateOptions
from model_pool.workshop.evaluate.writing import Findings, write_report
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Job

Answer = Mapping[str, Any]


def evaluate(job: Job[EvaluateOptions]) -> Figures:
    """Write the report. Raises RecipeInvalid, DataInvalid, WorkshopError where a model fails."""
    contest = read_contest(job)
    comet = Comet(job.inputs["comet"].path, job.options.device) if "comet" in job.inputs else None
    translated = _translate(job, contest)
    outputs = {name: contest.split(answer["texts"]) for name, answer in translated.items()}
    aligned = _align(job, contest, translated)
    scored = Scorer(contest, job.options.bootstrap, comet, job.progress).score(outputs, translated)
    timed = _time(job, contest, translated)
    findings = Findings(contest, outputs, scored, timed, aligned, _computed(translated))
    return write_report(job, findings)


def _translate(job: Job[EvaluateOptions], contest: Contest) -> dict[str, Answer]:
    """Let every model translate all texts, and read the references for its perplexity."""
    with_references = [one for one in contest.sets if one.references and job.options.perplexity]
    request = {
        "texts": contest.texts,
        "referenced": [text for one in with_references for text in one.sources],
        "references": [text for one in with_references for text in one.references or ()],
    }
    return _ask_all(job, contest, "translate", request)


def _align(
    job: Job[EvaluateOptions], contest: Contest, translated: Mapping[str, Answer]
) -> dict[str, dict[str, float]]:
    """Compare where models look with where the base does, while all read the base's translations."""
    if not job.options.alignment or not contest.base:
        return {}
    targets = translated[contest.base]["texts"]
    paths = {name: job.scratch / f"{name}.attention.npz" for name in contest.models}
    own = {name: {"attention": str(path)} for name, path in paths.items()}
    _ask_all(job, contest, "align", {"texts": contest.texts, "targets": targets}, own)
    attention = {name: load_attention(path) for name, path in paths.items()}
    base = attention[contest.base]
    return {name: alignment_error(base, each).figures() for name, each in attention.items() if name != contest.base}


def _time(job: Job[EvaluateOptions], contest: Contest, translated: Mapping[str, Answer]) -> dict[str, dict[str, Any]]:
    """Time every model once a round, in another order each time; what an interrupted run has timed is timed anew."""
    for stale in job.scratch.glob("round-*"):
        stale.unlink()
    places = draw_timed(contest, job.options.timed, seed=job.seed)
    texts = [contest.texts[place] for place in places]
    answers: dict[str, list[Answer]] = {name: [] for name in contest.models}
    job.progress.phase("time", job.options.rounds * len(answers), "models")
    for number in range(job.options.rounds):
        order = list(contest.models)
        random.Random(f"{job.seed}/{number}").shuffle(order)  # noqa: S311 - no secret
        for name in order:
            answers[name].append(_ask(job, contest, name, f"round-{number}.{name}", {"what": "time", "texts": texts}))
            job.progress.advance(1)
    batched = {name: [answer["texts"][place] for place in places] for name, answer in translated.items()}
    return {name: speeds(answers[name], batched[name]) for name in contest.models if answers[name]}


def _ask_all(
    job: Job[EvaluateOptions],
    contest: Contest,
    what: str,
    request: Answer,
    own: Mapping[str, Answer] | None = None,
) -> dict[str, Answer]:
    """Ask every model the same. own: what is added for each."""
    job.progress.phase(what, len(contest.models), "models")
    found = {}
    for name in contest.models:
        asked = {"what": what, **request, **(own or {}).get(name, {})}
        found[name] = _ask(job, contest, name, f"{what}.{name}", asked)
        job.progress.advance(1)
    return found


def _ask(job: Job[EvaluateOptions], contest: Contest, name: str, called: str, request: Answer) -> Answer:
    model, options = contest.models[name], job.options
    whole = {
        "kind": model.kind,
        "path": str(model.path.absolute()),
        "running": running(options),
        "batch": options.batch,
        **request,
    }
    return ask(job.scratch, called, whole, threads=options.threads)


def _computed(translated: Mapping[str, Answer]) -> dict[str, str]:
    return {name: answer["compute_type"] for name, answer in translated.items()}
