"""Are emoji, signs and words of other scripts still there? They need no translation, and models drop them. Pure."""

from __future__ import annotations

import re
import unicodedata

from app.text.checks.faults import Fault, FaultKind
from app.text.checks.readings import Pair, Reading
from app.text.checks.scripts import script_of

# Neither Latin nor its marks, nor general punctuation, nor what belongs to CJK typography or joins emoji.
_OTHER = re.compile("[\u0370-\u1dff\u2100-\u2dff\u2e80-\u2fff\u3040-\ua71f\uac00-\ufaff\ufb13-\ufdff\ufe70-\U000dffff]")
_SHOWN = 5


def lost_symbols(source: Reading, translation: Reading, pair: Pair) -> Fault | None:
    """Look for every such character of the source in the translation; the scripts of the two languages do not count."""
    if source.text.isascii() or not (found := _OTHER.findall(source.text)):
        return None
    own = pair.source_letters | pair.target_letters
    there = unicodedata.normalize("NFKC", translation.text)
    lost = [one for one in dict.fromkeys(found) if not _is_kept(one, own, translation.text, there)]
    if not lost:
        return None
    return Fault(FaultKind.SYMBOL_LOST, f"{' '.join(lost[:_SHOWN])} is not in the translation")


def _is_kept(one: str, own: frozenset[str], translation: str, normalised: str) -> bool:
    category = unicodedata.category(one)
    if category[0] in "PNZ" or category in {"Sc", "Mn", "Mc"}:  # punctuation, numbers and currencies are localised
        return True
    if category[0] == "L" and (not own or script_of(one) in own or not script_of(one)):
        return True
    return one in translation or unicodedata.normalize("NFKC", one) in normalised
