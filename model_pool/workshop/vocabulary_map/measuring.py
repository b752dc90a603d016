"""What a map gains and what it loses: the same checkpoint with and without it; computes and takes the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from time import perf_counter

from model_pool.workshop.artifact import Artifact
from model_pool.workshop.data.samples import read_samples
from model_pool.workshop.evaluate.scores import agreement, bleu, chrf
from model_pool.workshop.models.running import Running
from model_pool.workshop.models.servable import Servable
from model_pool.workshop.models.translating import in_order, translate_all
from model_pool.workshop.step import Job
from model_pool.workshop.vocabulary_map.mapping import VocabularyMap
from model_pool.workshop.vocabulary_map.step import VocabularyMapOptions

_WAYS = ("without_map", "with_map")
_SHOWN = 10
"""Pieces that are missing, as examples."""


@dataclass(frozen=True, slots=True)
class _Timed:
    texts: list[str]
    seconds: float


def measure_map(job: Job[VocabularyMapOptions], made: VocabularyMap, corpus: Artifact) -> dict[str, object]:
    """Return the figures. Alone is the hard case: in a batch, sentences lend each other what they allow."""
    options = job.options
    pairs = read_samples(corpus, options.test_split, options.columns, options.samples, seed=job.seed)
    sources, references = [pair.source for pair in pairs], [pair.target for pair in pairs]
    models = {way: Servable(job.output, Running(use_vocabulary_map=way == "with_map")) for way in _WAYS}
    job.progress.phase("test", 4 * options.rounds * len(sources), "sentences")

    def timed(way: str, batch: int) -> _Timed:
        started = perf_counter()
        texts = [output.text for output in in_order(translate_all(models[way], sources, batch))]
        job.progress.advance(len(sources))
        return _Timed(texts, perf_counter() - started)

    alone = _in_turns(lambda way: timed(way, 1), options.rounds)
    batched = _in_turns(lambda way: timed(way, options.batch), options.rounds)
    outputs = {way: alone[way][0].texts for way in _WAYS}
    model = models["without_map"]
    read = model.source_pieces(sources)
    figures: dict[str, object] = {
        "sentences": len(sources),
        "same_as_without": agreement(outputs["with_map"], outputs["without_map"]),
        "same_as_without_in_batches": agreement(batched["with_map"][0].texts, batched["without_map"][0].texts),
        "speed_up_alone": _speed_up(alone),
        "speed_up_in_batches": _speed_up(batched),
        "allowed_on_average": round(fmean(len(made.allowed(one)) for one in read), 1),
        "missing_in_outputs": _missing(made, read, model.target_tokens(outputs["without_map"])),
    }
    if all(references):
        figures["missing_in_references"] = _missing(made, read, model.target_tokens(references))
        figures["references"] = {
            way: {"bleu": bleu(texts, references), "chrf": chrf(texts, references)} for way, texts in outputs.items()
        }
    return figures


def _in_turns(run: Callable[[str], _Timed], rounds: int) -> dict[str, list[_Timed]]:
    found: dict[str, list[_Timed]] = {way: [] for way in _WAYS}
    for number in range(rounds):
        for way in _WAYS if number % 2 else reversed(_WAYS):
            found[way].append(run(way))
    return found


def _speed_up(timed: dict[str, list[_Timed]]) -> float:
    without, with_map = (median(one.seconds for one in timed[way]) for way in _WAYS)
    return round(without / with_map, 3)


def _missing(
    made: VocabularyMap, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]
) -> dict[str, object]:
    """Return how often a target piece is not allowed: of all pieces, and sentences that have such a piece."""
    missing = [
        [piece for piece in target if piece not in allowed]
        for target, allowed in zip(targets, map(made.allowed, sources), strict=True)
    ]
    pieces = [piece for each in missing for piece in each]
    return {
        "pieces": round(len(pieces) / max(1, sum(map(len, targets))), 6),
        "sentences": round(sum(map(bool, missing)) / max(1, len(missing)), 4),
        "examples": list(dict.fromkeys(pieces))[:_SHOWN],
    }
