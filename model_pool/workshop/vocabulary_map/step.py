"""The step `vocabulary-map`: which target pieces a source can need, so that the engine scores no others."""

from __future__ import annotations

from pydantic import Field

from model_pool.workshop.artifact import Kind
from model_pool.workshop.data.pairs import PAIR
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Input, Job, Step, StepOptions


class VocabularyMapOptions(StepOptions):
    """How wide the map is, and how it is tested."""

    always: int = Field(
        default=100, ge=0, description="Target pieces that are always allowed: the most frequent of the corpus."
    )
    best: int = Field(default=50, ge=1, description="Target pieces for each source piece, from counting the corpus.")
    pairs: int = Field(default=200_000, ge=1, description="Pairs of the corpus to count at most.")
    iterations: int = Field(default=4, ge=1, description="Rounds of the alignment model (IBM 1).")
    columns: tuple[str, ...] = Field(default=PAIR, description="What stands in each column of all corpora.")
    split: str = Field(default="train", description="Which split of the corpus to count.")
    test_split: str = Field(default="test", description="Which split of the test corpus to test with.")
    samples: int = Field(default=500, ge=1, description="Sentences of the test corpus, drawn by the seed.")
    batch: int = Field(default=32, ge=1, description="Sentences in a batch, where speed in batches is measured.")
    rounds: int = Field(default=3, ge=1, description="Rounds of timing, with and without the map in turns.")


def _run(job: Job[VocabularyMapOptions]) -> Figures:
    from model_pool.workshop.vocabulary_map.making import make_map

    return make_map(job)


STEP = Step(
    name="vocabulary-map",
    version=1,
    summary="Give a servable checkpoint a vocabulary map, and measure what it gains and what it loses.",
    example="babelpool workshop vocabulary-map --model build/quantize-1a2b --shortlist models/enpt --test test.tsv",
    inputs={
        "model": Input((Kind.SERVABLE,), "the checkpoint; a map that it has is replaced"),
        "shortlist": Input((Kind.MARIAN,), "a directory with a lexical shortlist, lex.*.bin", required=False),
        "corpus": Input((Kind.CORPUS,), "pairs to count, best translations of this model's own", required=False),
        "phrases": Input((Kind.CORPUS,), "pairs that must be possible whole, as a phrasebook's", required=False),
        "test": Input((Kind.CORPUS,), "sentences to test with, and never those counted", required=False),
    },
    options=VocabularyMapOptions,
    output=Kind.SERVABLE,
    run=_run,
    libraries=("ctranslate2", "sentencepiece", "numpy"),
)
