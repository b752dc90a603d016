"""The step `corpus`: sentences from one source, cleaned and split; touches disk.

One source, one step: columns, limits and what is held out differ from source to source. `mix` joins the results.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from model_pool.workshop.artifact import Kind
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Input, Job, Step, StepOptions


class CorpusOptions(StepOptions):
    """What the sentences are, what they must keep, and what is held out."""

    columns: tuple[str, ...] = Field(
        default=("source", "target"),
        description="What stands in each column: source, target, origin, or - for what is not read. Without a target "
        "it is text of one language. For JSON lines: role=key, such as source=translation.en.",
    )
    reverse: bool = Field(default=False, description="Swap source and target.")
    prefix: str = Field(default="", description="Put before every source, such as the tag >>pt<<.")
    longest: int = Field(default=600, ge=1, description="Most characters of a side.")
    ratio: float = Field(default=3.0, gt=1, description="Most that one side may be longer than the other, as a factor.")
    copies: bool = Field(default=False, description="Keep pairs whose target repeats the source (names, placeholders).")
    source_script: str = Field(
        default="", description="Script of the sources, such as latin, or cjk+hiragana+katakana; any by default."
    )
    target_script: str = Field(default="", description="Script of the targets.")
    valid: float = Field(default=0.005, ge=0, lt=1, description="Share of the sentences held out to watch training.")
    test: float = Field(default=0.005, ge=0, lt=1, description="Share of the sentences held out for the end.")
    split_by: Literal["source", "target"] = Field(
        default="source",
        description="Side whose hash says what is held out. For the second direction of a two-direction checkpoint, "
        "target: then both directions hold out the same pairs.",
    )
    valid_origins: tuple[str, ...] = Field(default=(), description="Origins of which everything is held out as valid.")
    test_origins: tuple[str, ...] = Field(default=(), description="Origins of which everything is held out as test.")
    variants: bool = Field(
        default=False,
        description="Add each trained phrase with and without a capital and a final mark: for phrasebooks.",
    )


def _run(job: Job[CorpusOptions]) -> Figures:
    from model_pool.workshop.corpus.making import make_corpus

    return make_corpus(job)


STEP = Step(
    name="corpus",
    version=1,
    summary="Clean the sentences of one source, and split them into train, valid and test without a leak.",
    example="babelpool workshop corpus --pairs data/web.tsv.gz --columns origin --columns source --columns target",
    inputs={
        "pairs": Input((Kind.CORPUS,), "TSV, JSON lines or text, gzipped or not", required=False),
        "sources": Input((Kind.CORPUS,), "text files with a sentence in each line, beside targets", required=False),
        "targets": Input((Kind.CORPUS,), "their translations, line by line", required=False),
        "held_out": Input((Kind.CORPUS,), "corpora whose valid and test sentences are left out here", required=False),
    },
    options=CorpusOptions,
    output=Kind.CORPUS,
    run=_run,
)
