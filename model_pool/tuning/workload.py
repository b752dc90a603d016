"""`Workload`: who asks for what while tuning; reads texts and tokenizer files."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.manifest import Manifest
from model_pool.errors import LanguageUnsupported
from model_pool.tokenization.base import Tokenizer
from model_pool.tuning.texts import languages, made_of_pieces, sentences
from model_pool.types import DecodeOptions

_SEED = 7


@dataclass(frozen=True, slots=True)
class Pair:
    """Languages to translate between."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Workload:
    """A closed load: `waiting` callers, each of whom asks for one text and then for the next.

    longest: source tokens of the longest text. said: what the texts are, for people.
    """

    texts: tuple[str, ...]
    pair: Pair
    options: DecodeOptions
    waiting: int
    longest: int
    said: str


def choose_pair(manifest: Manifest, source: str | None = None, target: str | None = None) -> Pair:
    """Return the pair to measure: what is given, else a source that the package has sentences in, else the first.

    Raises LanguageUnsupported.
    """
    known = [code for code in languages() if code in manifest.sources]
    sources = [source] if source else [*known, *sorted(manifest.sources)]
    targets = [target] if target else sorted(manifest.targets)
    for one in sources:
        for other in targets:
            if manifest.translates(one, other):
                return Pair(one, other)
    raise LanguageUnsupported(
        f"{manifest.name} does not translate from {source or 'anything'} to {target or 'anything'}. "
        f"Sources: {', '.join(sorted(manifest.sources))}. Targets: {', '.join(sorted(manifest.targets))}."
    )


def workload(
    checkpoint: Checkpoint,
    tokenizer: Tokenizer,
    pair: Pair,
    *,
    options: DecodeOptions,
    waiting: int,
    given: Sequence[str] = (),
) -> Workload:
    """Return the load for a checkpoint, with `given` texts, the package's sentences or made-up ones, in that order.

    Texts over what the checkpoint can read are left out. More texts than callers, so none is asked for twice at once.
    """
    if given:
        texts, said = list(dict.fromkeys(given)), f"{len(given)} given sentences"
    elif pair.source in languages():
        texts, said = sentences(pair.source), f"the package's sentences in {pair.source}"
    else:
        texts, said = (
            made_of_pieces(checkpoint),
            f"text without meaning, made of pieces of its {pair.source} vocabulary",
        )
    limit = checkpoint.manifest.max_source_tokens
    lengths = {text: len(tokenizer.encode(text, pair.source, pair.target).tokens) + 2 for text in texts}
    fitting = [text for text in texts if limit is None or lengths[text] <= limit]
    if not fitting:
        raise LanguageUnsupported("None of the sentences fits this checkpoint; give shorter ones.")
    random.Random(_SEED).shuffle(fitting)  # noqa: S311 - an order, no secret
    longest = max(lengths[text] for text in fitting)
    return Workload(tuple(fitting), pair, options, min(waiting, len(fitting)), longest, said)
