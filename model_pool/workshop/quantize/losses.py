"""What a stored type costs: the same sentences by the quantized model, by float32 and by transformers."""

from __future__ import annotations

from pathlib import Path

from model_pool.workshop.artifact import Artifact
from model_pool.workshop.data.samples import read_samples
from model_pool.workshop.evaluate.scores import agreement, bleu, chrf
from model_pool.workshop.evaluate.scores import exact as exactly
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

    computed_in: what the test computed in, which is float32 where a device lacks the stored type.
    conversion_exact: share of a few sentences that transformers translates just as the converted float32 model does.
    """
    options, running = job.options, Running(device=job.options.device)
    pairs = read_samples(corpus, options.split, options.columns, options.samples, seed=job.seed)
    sources = [pair.source for pair in pairs]
    quantized = Servable(job.output, running)
    small = _translated("quantized", quantized, sources, options.batch, job.progress)
    full = _translated("float32", Servable(exact, running), sources, options.batch, job.progress)
    figures: dict[str, object] = {
        "sentences": len(sources),
        "computed_in": quantized.compute_type,
        "against_float32": agreement(small, full),
    }
    if options.parity:
        trained = Torched(load_trainable(job.inputs["model"].path), running)
        theirs = _translated("transformers", trained, sources[: options.parity], options.batch, job.progress)
        figures["conversion_exact"] = exactly(full[: len(theirs)], theirs)
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
