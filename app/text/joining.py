"""What stands between two translations that follow one another in a line, as the target's script asks. Pure."""

from __future__ import annotations

from app.text.characters import is_unspaced

# ruff: noqa: RUF001
_EAST_ASIAN = "\u2e80"  # from here on unspaced scripts are Han and kana; below they are Thai and its like
_ENDS = frozenset(".!?…。！？．｡។။॥।؟۔")
_CLOSING = frozenset("\"'”’»)]}」』）】》〉")


def gap_between(gap: str, source: tuple[str, str], target: tuple[str, str]) -> str:
    """The gap between two translations, given what is on either side of it in the source and in the target.

    Chinese and Japanese have no space between sentences: coming from them one is put in, going to them it is taken
    out. Thai, Lao, Khmer and Burmese have one between sentences and none within. Every gap that is more than one plain
    space, a line end or an emoji, stays.
    """
    if gap not in {"", " "} or not all(source) or not all(target):
        return gap
    was, now = _style(source), _style(target)
    if was == now:
        return gap
    if now == "east":
        return ""
    if now == "south":
        return " " if _ends_sentence(source[0]) else ""
    if now == "mixed":
        return "" if _is_east_punctuation(target[0][-1]) else gap
    return gap if any(side.isspace() for side in (target[0][-1], target[1][0])) else " "


def _style(sides: tuple[str, str]) -> str:
    """How the two characters at a seam are spaced: "east" and "south" (both unspaced), "mixed", or "spaced"."""
    styles = {_style_of(sides[0][-1]), _style_of(sides[1][0])}
    return styles.pop() if len(styles) == 1 else "mixed"


def _style_of(character: str) -> str:
    if _is_east_punctuation(character):
        return "east"
    if is_unspaced(character):
        return "east" if character >= _EAST_ASIAN else "south"
    return "spaced"


def _is_east_punctuation(character: str) -> bool:
    return "\u3000" <= character <= "\u303f" or "\uff00" <= character <= "\uff65"


def _ends_sentence(text: str) -> bool:
    end = text.rstrip("".join(_CLOSING))
    return end[-1:] in _ENDS
