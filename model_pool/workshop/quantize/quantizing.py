"""Converts, describes and tests; touches disk, imports torch."""

from __future__ import annotations

from pathlib import Path

from model_pool.catalog.convert import Quantization, convert, tool_versions
from model_pool.catalog.describe import Said
from model_pool.catalog.manifest import MANIFEST_NAME, Manifest
from model_pool.catalog.repository import Repository
from model_pool.tokenization import load_tokenizer
from model_pool.workshop.artifact import Artifact
from model_pool.workshop.errors import RecipeInvalid
from model_pool.workshop.lineage import manifest_lineage, origin_of
from model_pool.workshop.models.languages import read_languages
from model_pool.workshop.progress import Figures
from model_pool.workshop.quantize.losses import score_loss
from model_pool.workshop.quantize.step import QuantizeOptions
from model_pool.workshop.step import Job


def quantize(job: Job[QuantizeOptions]) -> Figures:
    """Write the servable checkpoint; with a corpus, say what it lost. Raises ConversionFailed, RecipeInvalid."""
    model = job.inputs["model"]
    said = _said(job)
    job.progress.phase(f"convert to {job.options.type}", None)
    manifest = _converted(model, job.output, job.options.type, said)
    figures = _sizes(model, job.output, manifest)
    corpus = job.inputs.get("corpus")
    if corpus is None or not job.options.test:
        return figures
    job.progress.phase("convert to float32", None)
    exact = job.scratch / "float32"
    exact.mkdir(exist_ok=True)
    _converted(model, exact, Quantization.FLOAT32, said)
    return figures | score_loss(job, corpus, exact)


def _said(job: Job[QuantizeOptions]) -> Said:
    options, model = job.options, job.inputs["model"]
    languages = read_languages(model.path)
    sources, targets = options.sources or languages.sources, options.targets or languages.targets
    if not sources or not targets:
        raise RecipeInvalid("The model does not say its languages. Say them: --sources en --targets pt.")
    return Said(
        name=options.name or f"{'+'.join(sources)}-{'+'.join(targets)}",
        sources=sources,
        targets=targets,
        description=options.text,
        origin=options.origin or f"Babelpool, {origin_of(model)}",
        license=options.license,
        lineage=manifest_lineage("quantize", job, tool_versions()),
    )


def _converted(model: Artifact, output: Path, quantization: Quantization, said: Said) -> Manifest:
    """Convert, and leave only what the manifest lists: one SentencePiece model where both sides have the same."""
    manifest = convert(Repository(model.path, model.path.name), output, quantization, said, load_tokenizer)
    for path in output.iterdir():
        if path.name not in {*manifest.files, MANIFEST_NAME}:
            path.unlink()
    return manifest


def _sizes(model: Artifact, output: Path, manifest: Manifest) -> dict[str, object]:
    trained = sum(path.stat().st_size for path in model.path.glob("*.safetensors"))
    return {
        "stored": manifest.quantization,
        "weights_bytes": manifest.files["model.bin"].bytes,
        "trained_bytes": trained,
        "bytes": sum(path.stat().st_size for path in output.iterdir()),
    }
