"""The data of a training: its stages, its valid pairs, and whether the vocabulary suits them; reads files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from model_pool.workshop.data.batches import Batches, Encoders, Plan
from model_pool.workshop.data.pairs import Pair, read_pairs, split_files
from model_pool.workshop.data.splitting import fraction
from model_pool.workshop.errors import DataInvalid, RecipeInvalid
from model_pool.workshop.models.words import Words, leading_tag
from model_pool.workshop.train.setup import Setup

_LOOKED_AT = 2000


def stages(setup: Setup, words: Words, positions: int) -> list[Batches]:
    """Return the batches of each stage. Raises DataInvalid, RecipeInvalid."""
    options = setup.options
    if options.stages and len(options.stages) != len(setup.corpora):
        raise RecipeInvalid(
            f"{len(options.stages)} stages are given for {len(setup.corpora)} corpora; one is for each."
        )
    groups = [[path] for path in setup.corpora] if options.stages else [list(setup.corpora)]
    plan = Plan(options.batch_tokens, min(options.longest, positions), words.unknown)
    return [
        _batches(_train_files(group), words, plan, f"{setup.seed}/{index}", options.unknown_limit)
        for index, group in enumerate(groups)
    ]


def valid_pairs(setup: Setup) -> list[Pair]:
    """Return the pairs that training is watched on, drawn at random; none where the corpora hold none out."""
    if setup.valid:
        files = [one for path in setup.valid for one in split_files(path, "valid") or split_files(path, "train")]
    else:
        files = [one for path in setup.corpora for one in split_files(path, "valid")]
    pairs = sorted(read_pairs(files), key=lambda pair: fraction(f"{pair.source}\t{pair.target}", "valid"))
    return pairs[: setup.options.most_valid]


def check_vocabulary(pairs: Sequence[Pair], words: Words, limit: float) -> None:
    """Raise DataInvalid where too many pieces are unknown, or a source has a tag that is no piece."""
    for encode, texts in (
        (words.encode_all, [pair.source for pair in pairs]),
        (words.encode_targets, [pair.target for pair in pairs]),
    ):
        encoded = encode(texts)
        unknown = [ids.count(words.unknown) for ids in encoded]
        share = sum(unknown) / max(1, sum(map(len, encoded)))
        if share > limit:
            worst = texts[max(range(len(texts)), key=unknown.__getitem__)]
            raise DataInvalid(
                f"The vocabulary does not suit the corpus: {share:.1%} of the pieces are unknown, as in {worst!r}. "
                "Learn a tokenizer from this corpus, or raise unknown_limit."
            )
    missing = {tag for pair in pairs if (tag := leading_tag(pair.source)) and tag not in words.vocabulary}
    if missing:
        raise DataInvalid(f"{', '.join(sorted(missing))} is not in the vocabulary. Learn a tokenizer with symbols.")


def _batches(files: list[Path], words: Words, plan: Plan, seed: str, unknown_limit: float) -> Batches:
    sample = list(islice(_with_target(files), _LOOKED_AT))
    if not sample:
        raise DataInvalid(f"{', '.join(map(str, files))} has no pair to learn from.")
    check_vocabulary(sample, words, unknown_limit)
    encoders = Encoders(words.encode_all, words.encode_targets)
    return Batches(lambda: _with_target(files), encoders, plan, seed=seed)


def _with_target(files: list[Path]) -> Iterator[Pair]:
    for pair in read_pairs(files):
        if not pair.source or not pair.target:
            raise DataInvalid(f"{', '.join(map(str, files))}: {pair} is no pair. Clean it with the step corpus.")
        yield pair


def _train_files(paths: Sequence[Path]) -> list[Path]:
    files = [one for path in paths for one in split_files(path, "train")]
    if not files:
        raise DataInvalid(f"{', '.join(map(str, paths))} has no train.* file. Make it with the step corpus.")
    return files
