"""What a glossary is, and what is wrong with one; pure.

RequestError
├── GlossaryNotFound     404  no such glossary, or not this caller's
├── GlossaryInvalid      400  entries, names or languages that cannot be kept; detail names each
├── GlossaryMismatch     400  it has no dictionary for this pair
└── GlossaryStoreFailed  503  the disk does not do as it should
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.errors import RequestError
from app.languages import UnknownLanguage, match, normalise

LONGEST_TERM = 1024
"""Bytes in UTF-8, as DeepL has it."""

LONGEST_NAME = 1024
_MOST_FAULTS = 20

Fault = tuple[str, str]
"""(where, what is wrong)."""


class GlossaryNotFound(RequestError):
    """No such glossary, or not this caller's."""

    code = "glossary_not_found"
    status = 404


class GlossaryInvalid(RequestError):
    """Entries, names or languages that cannot be kept."""

    code = "glossary_invalid"


class GlossaryMismatch(RequestError):
    """It has no dictionary for this pair."""

    code = "glossary_mismatch"


class GlossaryStoreFailed(RequestError):
    """The disk does not do as it should."""

    code = "glossary_store_failed"
    status = 503


@dataclass(frozen=True, slots=True)
class Dictionary:
    """What the terms of one language are in another. Make it with `make_dictionary`, which checks.

    source, target: BCP 47. entries: source term -> target term, in the order they came.
    """

    source: str
    target: str
    entries: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DictionaryInfo:
    """A dictionary without its entries."""

    source: str
    target: str
    entry_count: int


@dataclass(frozen=True, slots=True)
class Glossary:
    """A named set of dictionaries, one a pair at most.

    owner: the API key's name; "" where the server had none. version: grows with every change.
    """

    id: str
    owner: str
    name: str
    created: datetime
    version: int
    dictionaries: tuple[DictionaryInfo, ...]

    def serving(self, source: str, target: str) -> DictionaryInfo | None:
        """Return the dictionary for a pair: of exactly these codes, else of the nearest region in the same script."""
        near = [one for one in self.dictionaries if _stands_in(one.target, target) and _stands_in(one.source, source)]
        if not near:
            return None
        nearest = match(target, [one.target for one in near]).served
        near = [one for one in near if one.target == nearest]
        nearest = match(source, [one.source for one in near]).served
        return next(one for one in near if one.source == nearest)


def make_dictionary(source: str, target: str, entries: Iterable[tuple[str, str]], *, most: int) -> Dictionary:
    """Check languages and entries. Raises GlossaryInvalid with every fault, up to 20.

    entries: (source term, target term), in order; two of one source term are a fault. most: how many there may be.
    """
    pair = _language(source), _language(target)
    if pair[0] == pair[1]:
        raise GlossaryInvalid(f"A dictionary from {pair[0]} to itself is of no use.")
    kept: dict[str, str] = {}
    faults: list[Fault] = []
    for number, (term, translation) in enumerate(entries, start=1):
        faults += ((f"entry {number}", what) for what in _faults(term, translation))
        if term in kept:
            faults.append((f"entry {number}", f"the source term {term!r} is there already"))
        kept[term] = translation
    if faults:
        raise_invalid(faults)
    if not kept:
        raise GlossaryInvalid("A dictionary needs at least one entry.")
    if len(kept) > most:
        raise GlossaryInvalid(f"{len(kept)} entries are too many: a dictionary may have {most}.")
    return Dictionary(*pair, kept)


def raise_invalid(faults: list[Fault]) -> None:
    """Raise GlossaryInvalid that names the faults."""
    told = "; ".join(f"{where}: {what}" for where, what in faults[:5])
    detail = [{"where": where, "message": what} for where, what in faults[:_MOST_FAULTS]]
    raise GlossaryInvalid(f"The entries cannot be kept: {told}.", detail=detail)


def checked_name(name: str) -> str:
    """Return a glossary's name. Raises GlossaryInvalid."""
    if not name.strip() or len(name) > LONGEST_NAME or any(map(_is_control, name)):
        raise GlossaryInvalid(f"A glossary's name has 1 to {LONGEST_NAME} characters, none of them control characters.")
    return name


def _faults(term: str, translation: str) -> Iterable[str]:
    for what, text in (("source", term), ("target", translation)):
        if not text.strip():
            yield f"the {what} term is empty"
        elif text != text.strip():
            yield f"the {what} term {text!r} starts or ends with white space"
        elif len(text.encode()) > LONGEST_TERM:
            yield f"the {what} term is longer than {LONGEST_TERM} bytes"
        elif any(map(_is_control, text)):
            yield f"the {what} term {text!r} has a control character or a line break"


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Zl", "Zp"}


def _language(code: str) -> str:
    try:
        return normalise(code)
    except UnknownLanguage as error:
        raise GlossaryInvalid(f"{code!r} is not a language code.") from error


def _stands_in(served: str, asked: str) -> bool:
    try:
        match(asked, (served,))
    except UnknownLanguage:
        return False
    return True
