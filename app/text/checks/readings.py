"""What all checks look at, computed once: a text's words and letters, and what is known of a language pair. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from app.languages import UnknownLanguage, parse
from app.text.checks.scripts import letters_of

# Whatever stands between separators: `\w` would break words of Indic scripts at their vowel signs.
_WORD = re.compile(r"[^\s.,;:!?…()\[\]{}\"“”«»|/\\<>=*#+&@_~^%$。、，；：！？「」『』（）।؟،؛]+")  # noqa: RUF001
# Languages whose sentences often have most of their words in common; measured in benchmarks.checks --catalogs.
_CLOSE = (
    {"da", "nb", "nn", "no", "sv"},
    {"bs", "hr", "sr", "sh"},
    {"cs", "sk"},
    {"es", "gl", "pt", "ast", "ca", "oc"},
    {"id", "ms"},
    {"ru", "uk", "be", "bg", "mk"},
    {"af", "nl"},
    {"de", "lb", "nds"},
    {"et", "fi"},
    {"tr", "az", "tk"},
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as the checks see it. words: folded in case, without punctuation; `distinct`: each once.

    letters: how many there are.
    """

    text: str
    words: list[str]
    distinct: set[str]
    letters: int


@dataclass(frozen=True, slots=True)
class Pair:
    """What the checks know of a language pair.

    source, target: primary subtags. source_letters, target_letters: their scripts, empty where not known. close: texts
    in the two have so many words in common that only a long identical text is an echo.
    """

    source: str
    target: str
    source_script: str
    target_script: str
    source_letters: frozenset[str]
    target_letters: frozenset[str]
    close: bool


def read(text: str) -> Reading:
    """Split a text into what the checks need."""
    words = _WORD.findall(text.casefold())
    joined = "".join(words)
    return Reading(text, words, set(words), len(joined) if joined.isalpha() else sum(map(str.isalpha, joined)))


@lru_cache(maxsize=1024)
def pair_of(source: str, target: str) -> Pair:
    """What is known of a pair of language codes in any dialect; of an unknown code, nothing."""
    (first, first_script), (second, second_script) = _described(source), _described(target)
    close = first == second or any({first, second} <= group for group in _CLOSE)
    scripts = letters_of(first_script), letters_of(second_script)
    return Pair(first, second, first_script, second_script, *scripts, close)


def _described(code: str) -> tuple[str, str]:
    try:
        tag = parse(code)
    except UnknownLanguage:
        return code, ""
    return tag.language, tag.written_in or ""
