"""What every kind of model can be asked, so that they can be compared: translate, and follow a given translation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Output:
    """A translation. tokens: that were decoded. truncated: it ran into the limit before its end."""

    text: str
    tokens: int
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Followed:
    """How a model reads a translation that it is given.

    log_probs: natural, of each target token and of the end. attention: (target tokens, source tokens), the end of the
    target left out and that of the source kept; what the served checkpoint returns: first head of the last layer.
    """

    tokens: tuple[str, ...]
    log_probs: tuple[float, ...]
    attention: NDArray[Any]


class Translator(Protocol):
    """A loaded model, one language pair, greedy or with a beam. One batch a call. compute_type: what it computes in."""

    @property
    def compute_type(self) -> str: ...  # noqa: D102 - the class says it

    def translate(self, texts: Sequence[str]) -> list[Output]:
        """Translate one batch."""
        ...

    def follow(self, sources: Sequence[str], targets: Sequence[str]) -> list[Followed]:
        """Read translations of one batch."""
        ...


def translate_all(translator: Translator, texts: Sequence[str], batch: int) -> Iterator[tuple[int, Output]]:
    """Yield place and translation of all texts, in batches of neighbours in length; always the same ones."""
    order = sorted(range(len(texts)), key=lambda place: (len(texts[place]), place))
    places = iter(order)
    while part := list(islice(places, batch)):
        yield from zip(part, translator.translate([texts[place] for place in part]), strict=True)


def in_order(found: Iterator[tuple[int, Output]]) -> list[Output]:
    """Return translations in the order of their texts."""
    return [output for _, output in sorted(found, key=lambda each: each[0])]


def follow_all(translator: Translator, sources: Sequence[str], targets: Sequence[str], batch: int) -> list[Followed]:
    """Return how all translations are read, in their order."""
    order = sorted(range(len(sources)), key=lambda place: (len(sources[place]), place))
    found: dict[int, Followed] = {}
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        followed = translator.follow([sources[place] for place in part], [targets[place] for place in part])
        found |= dict(zip(part, followed, strict=True))
    return [found[place] for place in range(len(sources))]
