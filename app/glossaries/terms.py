"""Finds the terms of a glossary in a text: whole words, longest first, capitals carried over; pure.

A text is read as tokens: words, single characters of scripts without spaces and of Hangul, white space, the rest. A
table has every term and every beginning of one that ends with a token, so finding walks from token to token for as long
as there is a term to come: the time grows with the text, not with the number of terms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.text.characters import UNSPACED, is_unspaced
from app.text.inline import Mark

_HANGUL = (0xAC00, 0xD7A4)
_SINGLE = "".join(f"\\U{start:08x}-\\U{end - 1:08x}" for start, end in (*UNSPACED, _HANGUL))
_TOKEN = re.compile(rf"\s++|[{_SINGLE}]|[^\W{_SINGLE}]++|.", re.DOTALL)
_APOSTROPHES = str.maketrans("\u2019\u02bc", "''")
_JOINERS = "\u200c\u200d"
# What Korean hangs on a noun: such a word is still the term. From longest to shortest.
_PARTICLES = re.compile(
    r"(?:에서는|에서도|으로는|으로도|입니다|이라는|이라고|에게서|까지는|에는|에도|에서|에게|으로|이나|이랑|이며|이고|이다|"
    r"부터|까지|처럼|보다|마다|조차|밖에|하고|한테|께서|라는|라고|들은|들이|들을|들의|은|는|이|가|을|를|의|에|와|과|도|로|만|나|랑|들)"
    r"(?![\uac00-\ud7a3\w])"
)

Entry = tuple[str, str | None]
"""(source term as it is spelled, target term; None where the term stays as it is)."""


class TermTable:
    """Terms of one dictionary, ready to be found. Compared by identity, so that it can be a key."""

    def __init__(self, entries: Mapping[str, str], kept: Iterable[str] = ()) -> None:
        self._at: dict[str, tuple[Entry, ...]] = {}
        self._count = 0
        for term in kept:
            self._add(term, None)
        for term, translation in entries.items():
            self._add(term, translation)

    def __len__(self) -> int:
        return self._count

    def _add(self, term: str, translation: str | None) -> None:
        spelled = [token.spelled for token in _tokens(term)]
        folded = ""
        for token in map(_fold, spelled):
            folded += token
            self._at.setdefault(folded, ())
        if folded:
            self._count += 1
            self._at[folded] = (*self._at[folded], ("".join(spelled), translation))

    def longest(self, text: str, tokens: list[_Token], first: int) -> tuple[int, Entry] | None:
        """Return (number of tokens, entry) of the longest term that starts with token `first`, None for none."""
        folded = spelled = ""
        found: tuple[int, Entry] | None = None
        for index in range(first, len(tokens)):
            token = tokens[index]
            folded += _fold(token.spelled)
            entries = self._at.get(folded)
            if entries is None:
                break
            spelled += token.spelled
            if entries and (entry := _fitting(entries, spelled)) and _ends_word(text, token.end):
                found = index + 1 - first, entry
        return found


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that a request says about words in one pair. The tables come first that win where two are as long.

    target: BCP 47 of the translation, for its capitals.
    """

    tables: tuple[TermTable, ...] = field(default=())
    target: str = ""

    def __bool__(self) -> bool:
        return bool(self.tables)

    def find(self, text: str) -> list[Mark]:
        """Return a mark for every term in a text, in order, apart from one another.

        A mark's literal is the target term in the capitals of the text, or the term itself where it is to stay.
        From left to right, the longest term at each place. `house` also finds `House` and `HOUSE`, but `House` does
        not find `house`: whoever lists capitals means a name. An inflected form is another word.
        """
        if not self.tables:
            return []
        tokens, marks, at = _tokens(text), [], 0
        while at < len(tokens):
            found = self._longest(text, tokens, at) if _starts_word(text, tokens[at].start) else None
            if found is None:
                at += 1
                continue
            count, (term, translation) = found
            start, end = tokens[at].start, tokens[at + count - 1].end
            surface = text[start:end]
            literal = surface if translation is None else _in_capitals_of(surface, term, translation, self.target)
            marks.append(Mark(start, end, literal))
            at += count
        return marks

    def held_for_next_leg(self, text: str) -> frozenset[str]:
        """Return the literals that this text's translation has, which a second leg must leave as they are."""
        return frozenset(mark.literal for mark in self.find(text) if mark.literal)

    def _longest(self, text: str, tokens: list[_Token], at: int) -> tuple[int, Entry] | None:
        best: tuple[int, Entry] | None = None
        for table in self.tables:
            found = table.longest(text, tokens, at)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
        return best


NO_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class _Token:
    """`spelled`: as it is compared, with plain spaces and apostrophes."""

    start: int
    end: int
    spelled: str


def _tokens(text: str) -> list[_Token]:
    plain = text.translate(_APOSTROPHES)
    return [
        _Token(match.start(), match.end(), " " if (token := match.group()).isspace() else token)
        for match in _TOKEN.finditer(plain)
    ]


def _fold(token: str) -> str:
    """Lower case, letter by letter, so that what is as long stays as long."""
    low = token.lower()
    if len(low) != len(token):
        low = "".join(one.lower() if len(one.lower()) == 1 else one for one in token)
    return low.replace("\u03c2", "\u03c3")  # both forms of the Greek s


def _fitting(entries: tuple[Entry, ...], spelled: str) -> Entry | None:
    """Return the entry in exactly these capitals, else the first that has no capital which is not here."""
    exact = next((entry for entry in entries if entry[0] == spelled), None)
    if exact is not None:
        return exact
    return next((entry for entry in entries if _has_capitals_of(spelled, entry[0])), None)


def _has_capitals_of(spelled: str, term: str) -> bool:
    return all(here == there or there.islower() for here, there in zip(spelled, term, strict=True))


def _in_capitals_of(surface: str, term: str, translation: str, target: str) -> str:
    """Return the target term as it is, unless the text has capitals where the source term has none."""
    plain = " ".join(surface.translate(_APOSTROPHES).split())
    if plain == term:
        return translation
    letters = [one for one in surface if one.isalpha()]
    if len(letters) > 1 and surface.isupper() and not any(map(str.isupper, translation[1:])):
        return _dotted(translation, target).upper()
    if surface[0].isupper() and term[0].islower() and not any(map(str.isupper, translation)):
        return _dotted(translation[0], target).upper() + translation[1:]
    return translation


def _dotted(text: str, target: str) -> str:
    """Turkish and Azerbaijani write a dot on their capital i."""
    return text.replace("i", "\u0130") if target.partition("-")[0] in {"tr", "az"} else text


def _starts_word(text: str, at: int) -> bool:
    return at == 0 or not _hold_together(text[at - 1], text[at])


def _ends_word(text: str, at: int) -> bool:
    if at == len(text) or not _hold_together(text[at - 1], text[at]):
        return True
    return "\uac00" <= text[at] <= "\ud7a3" and _PARTICLES.match(text, at) is not None


def _hold_together(before: str, after: str) -> bool:
    """Are these two of one word? Characters of scripts without spaces never are, a mark and what it is on always."""
    if not _is_of_words(after) or not _is_of_words(before):
        return False
    if unicodedata.category(after)[0] == "M" or after in _JOINERS:
        return True
    return not (is_unspaced(before) or is_unspaced(after))


def _is_of_words(character: str) -> bool:
    return character.isalnum() or character == "_" or character in _JOINERS or unicodedata.category(character)[0] == "M"
