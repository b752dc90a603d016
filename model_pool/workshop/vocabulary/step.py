"""The step `tokenizer`: SentencePiece models and a vocabulary out of a corpus; touches disk."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from model_pool.workshop.artifact import Kind
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Input, Job, Step, StepOptions


class TokenizerOptions(StepOptions):
    """What pieces to learn, and for which languages."""

    model: Literal["unigram", "bpe"] = Field(default="unigram", description="How pieces are chosen: unigram or bpe.")
    size: int = Field(default=32_000, ge=16, description="Pieces of a model; with separate models, of each.")
    separate: bool = Field(
        default=False,
        description="A model for each side, with one joint vocabulary of both, instead of a shared model.",
    )
    symbols: tuple[str, ...] = Field(default=(), description="Text that stays one piece, such as the tag >>pt<<.")
    byte_fallback: bool = Field(default=False, description="Spell characters that have no piece in bytes.")
    coverage: float = Field(default=0.9995, gt=0.9, le=1, description="Share of the characters that get a piece.")
    normalization: Literal["nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf", "identity"] = Field(
        default="nmt_nfkc", description="How text is normalized before it is cut; SentencePiece's own names."
    )
    sample: int = Field(default=2_000_000, ge=1, description="Most sentences of a side to learn from, drawn at random.")
    sources: tuple[str, ...] = Field(default=(), description="Languages of the sources, as BCP 47 codes.")
    targets: tuple[str, ...] = Field(default=(), description="Languages of the targets.")


def _run(job: Job[TokenizerOptions]) -> Figures:
    from model_pool.workshop.vocabulary.learning import learn_tokenizer

    return learn_tokenizer(job)


STEP = Step(
    name="tokenizer",
    version=1,
    summary="Learn SentencePiece models and a vocabulary from the training part of a corpus.",
    example="babelpool workshop tokenizer --corpus build/mix-... --size 16000 --sources en --targets pt",
    inputs={"corpus": Input((Kind.CORPUS,), "pairs to learn from")},
    options=TokenizerOptions,
    output=Kind.TOKENIZER,
    run=_run,
    libraries=("sentencepiece",),
)
