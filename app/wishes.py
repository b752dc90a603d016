"""What a request asks for beyond its languages and its tier; values only."""

from __future__ import annotations

from dataclasses import dataclass

from app.glossaries.library import NO_WORDING, Wording
from app.text.markup import Options
from app.text.segmentation import Split


@dataclass(frozen=True, slots=True)
class Wishes:
    """Empty unless said.

    wording: glossaries and terms. split: what ends a segment. markup: the format, None for plain text.
    alternatives: how many other translations of each text.
    """

    wording: Wording = NO_WORDING
    split: Split = Split.SENTENCES
    markup: Options | None = None
    alternatives: int = 0


NO_WISHES = Wishes()
