"""What a stored type costs: the same sentences by the quantized model, by float32 and by transformers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from model_pool.workshop.artifact import Artifact
from model_pool.workshop.data.samples import read_samples
from model_pool.workshop.evaluate.scores import agreement, bleu, chrf
from model_pool.workshop.models.running import Running
from model_pool.workshop.models.servable import Servable
from model_pool.workshop.models.torched import Torched
from model_pool.workshop.models.trainable import load_trainable
from model_pool.workshop.models.translating import Translator, in_order, translate_all
from model_pool.workshop.progress import Progress
from model_pool.workshop.quantize.step import QuantizeOptions
from model_pool.workshop.step import Job


def score_loss(job: Job[QuantizeOptions], corpus: Artifact, exact: Path) -> dict[str, object]:
    """Return the figures. against_float32: the two outputs with one another; against the references, where there are.

    conversion_exact: share of a few sentences that transformers translates just as the converted float32 model does.
    """
    options = job.options
    pairs = read_samples(corpus, options.split, options.columns, options.samples, seed=job.seed)
    sources = [pair.source for pair in pairs]
    models: dict[str, tuple[Callable[[], Translator], int]] = {
        "quantized": (lambda: Servable(job.output, Running()), len(sources)),
        "float32": (lambda: Servable(exact, Running()), len(sources)),
        "transformers": (lambda: Torched(load_trainable(job.inputs["model"].path), Running()), options.parity),
    }
    outputs = {
        name: _translated(name, opened(), sources[:count], options.batch, job.progress)
        for name, (opened, count) in models.items()
    }
    small, full, theirs = outputs.values()
    figures: dict[str, object] = {
        "sentences": len(sources),
        "against_float32": agreement(small, full),
        "conversion_exact": agreement(full[: len(theirs)], theirs)["exact"] if theirs else None,
    }
    references = [pair.target for pair in pairs]
    if all(references):
        figures["references"] = {
            name: {"bleu": bleu(found, references), "chrf": chrf(found, references)}
            for name, found in (("quantized", small), ("float32", full))
        }
    return figures


def _translated(name: str, model: Translator, sources: list[str], batch: int, progress: Progress) -> list[str]:
    progress.phase(f"translate: {name}", len(sources), "sentences")
    found = []
    for each in translate_all(model, sources, batch):
        progress.advance(1)
        found.append(each)
    return [output.text for output in in_order(iter(found))]
