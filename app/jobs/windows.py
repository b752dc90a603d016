"""Which units of a document are translated together, so that each step can be kept; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from app.documents import Unit
from app.text.markup import Options

WINDOW = 8_000
"""Code points in one window: enough to keep the engine fed, and little to do again after a crash."""

_MOST_UNITS = 400


@dataclass(frozen=True, slots=True)
class Window:
    """Units of equal markup, by their places in the document."""

    markup: Options | None
    places: tuple[int, ...]

    def halves(self) -> tuple[Window, Window]:
        """Return this in two parts."""
        middle = len(self.places) // 2
        return Window(self.markup, self.places[:middle]), Window(self.markup, self.places[middle:])


def windows(units: Sequence[Unit], kept: Collection[int] = ()) -> Iterator[Window]:
    """Yield windows that hold every unit once, in order within a markup, but for those that are kept.

    They do not depend on what is kept, or a document that is resumed would meet other company than one that is not.
    """
    groups: dict[Options | None, list[int]] = {}
    for place, unit in enumerate(units):
        groups.setdefault(unit.markup, []).append(place)
    for markup, places in groups.items():
        for window in _cut(units, places):
            left = tuple(place for place in window if place not in kept)
            if left:
                yield Window(markup, left)


def digest_of(units: Sequence[Unit]) -> str:
    """Return the identity of units' texts: translations that were kept for others are of no use."""
    digest = sha256()
    for unit in units:
        digest.update(f"{unit.markup.format if unit.markup else 'text'} {len(unit.text)} ".encode())
        digest.update(unit.text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _cut(units: Sequence[Unit], places: Sequence[int]) -> Iterator[list[int]]:
    window: list[int] = []
    size = 0
    for place in places:
        length = len(units[place].text)
        if window and (size + length > WINDOW or len(window) == _MOST_UNITS):
            yield window
            window, size = [], 0
        window.append(place)
        size += length
    if window:
        yield window
