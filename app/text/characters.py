"""What single characters are: letters, edges that are kept, scripts without spaces, grapheme parts. Pure."""

from __future__ import annotations

import unicodedata

from app.text.document import Range

# Scripts written without spaces between words: Thai, Lao, Myanmar, Khmer; kana, Han and their extensions.
UNSPACED: tuple[Range, ...] = (
    (0x0E00, 0x0F00),
    (0x1000, 0x10A0),
    (0x1780, 0x1800),
    (0x2E80, 0x3000),
    (0x3005, 0x3008),
    (0x3040, 0x3130),
    (0x31F0, 0x3200),
    (0x3400, 0x4DC0),
    (0x4E00, 0xA000),
    (0xF900, 0xFB00),
    (0xFF66, 0xFFA0),
    (0x1AFF0, 0x1B170),
    (0x20000, 0x323B0),
)
# Pictographs, dingbats, geometric shapes and arrows: marks that a list or a mood is made of, not words.
_PICTOGRAPHS: tuple[Range, ...] = (
    (0x2190, 0x2200),
    (0x2300, 0x2400),
    (0x25A0, 0x27C0),
    (0x2B00, 0x2C00),
    (0x1F000, 0x1FB00),
)
_ZERO_WIDTH_JOINER = "\u200d"
_REGIONAL_INDICATORS: Range = (0x1F1E6, 0x1F200)
_SKIN_TONES: Range = (0x1F3FB, 0x1F400)
_EMOJI_TAGS: Range = (0xE0020, 0xE0080)
_LEADING_VOWELS = frozenset("\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4")
_TRAILING_VOWELS = frozenset("\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3")
_VIRAMA = 9  # canonical combining class: the next consonant belongs to the same cluster
_FLAGS_LOOKED_BACK = 64


def has_letter(text: str) -> bool:
    """Is there anything to translate? Digits, punctuation, emoji and white space alone are not."""
    return any(map(str.isalpha, text))


def is_unspaced(character: str) -> bool:
    """Does this character belong to a script that puts no spaces between words?"""
    return character >= "\u0e00" and _within(character, UNSPACED)


def is_edge(character: str) -> bool:
    """May this character stand outside a segment: white space, control, format, pictograph or part of an emoji?"""
    if character.isalnum():
        return False
    if character.isspace() or unicodedata.category(character) in {"Cc", "Cf"}:
        return True
    return character >= "\u0300" and (_within(character, _PICTOGRAPHS) or is_extender(character))


def trimmed(text: str, start: int, end: int) -> Range:
    """The part of `start:end` left when edge characters are taken off both sides; empty where nothing is left."""
    while start < end and is_edge(text[start]):
        start += 1
    stop = end
    while stop > start and is_edge(text[stop - 1]):
        stop -= 1
    while stop < end and is_extender(text[stop]):  # these belong to the last character that stays
        stop += 1
    return start, stop


def is_extender(character: str) -> bool:
    """Does this character only modify the one before it?"""
    if character < "\u0300":
        return False
    if character == _ZERO_WIDTH_JOINER or unicodedata.category(character)[0] == "M":
        return True
    return _within(character, (_SKIN_TONES, _EMOJI_TAGS))


def is_grapheme_boundary(text: str, at: int) -> bool:
    """May `text` be cut before index `at` without breaking what a reader sees as one character?

    A close, conservative reading of UAX 29 (joiners, marks, jamo, conjuncts, flags) with Thai and Lao vowels added.
    """
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if before < "\u0300" and after < "\u0300":
        return (before, after) != ("\r", "\n")
    if is_extender(after) or before == _ZERO_WIDTH_JOINER:
        return False
    if before in _LEADING_VOWELS or after in _TRAILING_VOWELS or _is_inner_jamo(after):
        return False
    if unicodedata.combining(before) == _VIRAMA and after.isalpha():
        return False
    return not (_within(after, (_REGIONAL_INDICATORS,)) and _flags_before(text, at) % 2)


def _flags_before(text: str, at: int) -> int:
    count = 0
    while count < min(at, _FLAGS_LOOKED_BACK) and _within(text[at - 1 - count], (_REGIONAL_INDICATORS,)):
        count += 1
    return count


def _is_inner_jamo(character: str) -> bool:
    return "\u1160" <= character <= "\u11ff"


def _within(character: str, ranges: tuple[Range, ...]) -> bool:
    code = ord(character)
    return any(start <= code < end for start, end in ranges)
