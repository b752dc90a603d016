"""Warnings of a whole document: each once, with how many passages it is about, and not too many of them; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MOST = 50
"""Different ones; a document of a thousand pages could have thousands."""

LONGEST = 500
"""Code points of one; some repeat parts of the text."""

OTHERS = "Further warnings of other kinds."


class Tally:
    """Counts by message, in the order they came."""

    def __init__(self, before: Mapping[str, int]) -> None:
        self.counts = dict(before)

    def hear(self, warnings: Iterable[str]) -> None:
        """Count each."""
        for warning in warnings:
            self._hear(warning if len(warning) <= LONGEST else f"{warning[:LONGEST]} ...")

    def _hear(self, warning: str) -> None:
        known = warning in self.counts or len(self.counts) - (OTHERS in self.counts) < MOST
        name = warning if known else OTHERS
        self.counts[name] = self.counts.get(name, 0) + 1
