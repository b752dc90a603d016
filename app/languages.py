"""Language codes of all dialects to BCP 47, and to the codes that checkpoints serve. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

import langcodes
from langcodes.data_dicts import LIKELY_SUBTAGS

from app import language_names

# What other systems write that no standard reads as meant.
_DIALECTS = {
    "ar-ar": "ar",  # mBART-50
    "pb": "pt-BR",  # LibreTranslate, OpenSubtitles
    "pob": "pt-BR",
    "zt": "zh-Hant",  # LibreTranslate
    "zhs": "zh-Hans",
    "zht": "zh-Hant",
}
_NO_LANGUAGE = {None, "mis", "mul", "und", "zxx"}
_NO_TERRITORY = {None, "XX"}  # mBART-50 writes en_XX
# Asked for the first, served the second: written so much alike that a reader of one reads the other.
_STANDS_IN = {("no", "nb"), ("nb", "no"), ("nn", "no")}
# langcodes remembers every tag that it ever parsed, so it is only shown single subtags, of which there are few.
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<extension>[a-z]{3}))?(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<territory>[a-z]{2}|[0-9]{3}))?(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[a-z0-9]-[a-z0-9-]+)?"
)
_LONGEST = 35  # characters, as BCP 47 asks of implementations


class UnknownLanguage(ValueError):
    """A code that is malformed, names no language, or names one that is not served.

    code: as it was asked for. candidates: the served codes in BCP 47. suggestions: what may have been meant, best
    first (served ones where there are any).
    """

    def __init__(self, code: str, reason: str, candidates: Iterable[str] = (), suggestions: Iterable[str] = ()) -> None:
        self.code = code
        self.candidates = tuple(candidates)
        self.suggestions = tuple(suggestions)
        message = f"language {code[:_LONGEST]!r} {reason}"
        if self.suggestions:
            message += f"; did you mean {' or '.join(self.suggestions)}?"
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Tag:
    """A language as BCP 47 has it; the script is there only where it is not the usual one (always for zh)."""

    language: str
    script: str | None = None
    territory: str | None = None

    def __str__(self) -> str:
        return "-".join(filter(None, (self.language, self.script, self.territory)))

    @property
    def written_in(self) -> str | None:
        """The script, or the usual one of this language in this territory; None where neither is known."""
        return self.script or _likely(self.language, self.territory)[0]


@dataclass(frozen=True, slots=True)
class Match:
    """Which served language answers a request.

    requested, used: BCP 47. served: `used` in the checkpoint's own spelling.
    """

    requested: str
    used: str
    served: str

    @property
    def is_exact(self) -> bool:
        """Is the language used the one asked for, territory and script included?"""
        return self.requested == self.used

    @property
    def is_honoured(self) -> bool:
        """Has the language used every part that was asked for? `pt-BR` honours `pt`; `pt` does not honour `pt-PT`."""
        asked, used = parse(self.requested), parse(self.used)
        parts = ((asked.script, used.script), (asked.territory, used.territory))
        return asked.language == used.language and all(wanted in {None, given} for wanted, given in parts)


def normalise(code: str) -> str:
    """BCP 47 for a code in any dialect: `PT_br` and `pob` are `pt-BR`, `por_Latn` and `por` are `pt`.

    Variants and extensions are dropped, individual languages become the macrolanguage that people mean (`arb` is
    `ar`, `zsm` is `ms`). UnknownLanguage where it is malformed or names no language; `auto` is the caller's business.
    """
    return str(parse(code))


def match(code: str, served: Iterable[str]) -> Match:
    """The served language that answers `code`, nearest first: itself, another or no territory, an unnamed script.

    served: codes in any dialect; those that agree in BCP 47 are taken in their order. UnknownLanguage where none of
    them is that language, or all of them are in another script than the one asked for.
    """
    return _match(code, tuple(served))


@lru_cache(maxsize=4096)
def _match(code: str, codes: tuple[str, ...]) -> Match:
    tags = [parse(each) for each in codes]
    try:
        requested = parse(code)
    except UnknownLanguage as error:
        raise UnknownLanguage(code, "is not a language code", map(str, tags), _meant(code, tags)) from error
    distances = [(_distance(requested, tag), place) for place, tag in enumerate(tags)]
    near = [(distance, place) for distance, place in distances if distance is not None]
    if not near:
        suggestions = [str(tag) for tag in tags if tag.language == requested.language]
        raise UnknownLanguage(code, f"({display_name(code)}) is not served", map(str, tags), suggestions)
    place = min(near)[1]
    return Match(str(requested), str(tags[place]), codes[place])


def display_name(code: str) -> str:
    """The English name: `Portuguese (Brazil)`, `Chinese (Simplified)`; a part without a name is shown as it is."""
    tag = parse(code)
    name = language_names.LANGUAGES.get(tag.language, tag.language)
    details = []
    if tag.script:
        details.append(language_names.SCRIPTS.get(tag.script, tag.script))
    if tag.territory:
        details.append(language_names.TERRITORIES.get(tag.territory, tag.territory))
    return f"{name} ({', '.join(details)})" if details else name


@lru_cache(maxsize=4096)
def parse(code: str) -> Tag:
    """`normalise` in parts."""
    spelled = code.replace("_", "-").lower() if len(code) <= _LONGEST else ""
    found = _TAG.fullmatch(_DIALECTS.get(spelled, spelled).lower())
    base = found and _known(found["extension"] or found["language"], macro=True)
    if not found or not base or base.language in _NO_LANGUAGE:
        raise UnknownLanguage(code, "is not a language code")
    script, territory = base.script, base.territory
    if found["script"]:
        script = _subtag(code, found["script"]).script
    if found["territory"]:
        territory = _subtag(code, found["territory"]).territory
    return _simplest(str(base.language), script, territory)


def _subtag(code: str, subtag: str) -> langcodes.Language:
    known = _known(f"und-{subtag}")
    if not known:
        raise UnknownLanguage(code, f"has an unknown part {subtag!r}")
    return known


def _known(subtag: str, *, macro: bool = False) -> langcodes.Language | None:
    try:
        language = langcodes.get(langcodes.standardize_tag(subtag, macro=macro))
    except (LookupError, ValueError):
        return None
    return language if language.is_valid() else None


def _simplest(language: str, script: str | None, territory: str | None) -> Tag:
    if territory in _NO_TERRITORY:
        territory = None
    says_nothing = script == _likely(language, territory)[0] and (language != "zh" or territory)
    return Tag(language, None if says_nothing else script, territory)


def _likely(language: str, territory: str | None = None) -> tuple[str | None, str | None]:
    """The usual script and territory of a language (the script in that territory, where CLDR has one)."""
    likely = LIKELY_SUBTAGS.get(f"{language}-{territory}") or LIKELY_SUBTAGS.get(language)
    if not likely:
        return None, None
    _, script, usual_territory = likely.split("-")
    return script, usual_territory


def _distance(requested: Tag, served: Tag) -> tuple[int, int] | None:
    """How far apart in (script, territory), or None where the one cannot stand in for the other."""
    if requested.language != served.language and (requested.language, served.language) not in _STANDS_IN:
        return None
    script = int(requested.written_in != served.written_in)
    if script and all(tag.script or tag.territory for tag in (requested, served)):
        return None
    return script, _territories_apart(requested, served)


def _territories_apart(requested: Tag, served: Tag) -> int:
    if requested.territory == served.territory:
        return 0
    if served.territory is None:
        return 1
    if requested.territory is None:
        return 2 if served.territory == _likely(served.language)[1] else 3
    language = served.language
    return 4 + langcodes.tag_distance(f"{language}-{requested.territory}", f"{language}-{served.territory}")


def _meant(code: str, served: Sequence[Tag]) -> list[str]:
    """What someone may have meant who wrote a name, a misspelt code, or the code of a country for a language's."""
    word = code[:_LONGEST].replace("_", "-").lower()
    spellings = {form.lower(): str(tag) for tag in served for form in (str(tag), display_name(str(tag)))}
    spellings |= {language_names.LANGUAGES.get(tag.language, "").lower(): str(tag) for tag in served}
    meant = [spellings[close] for close in get_close_matches(word, spellings, n=3, cutoff=0.7)]
    country = LIKELY_SUBTAGS.get(f"und-{word[:2].upper()}", "") if len(word) == 2 else ""
    by_country = [str(tag) for tag in served if tag.language == country.partition("-")[0]]
    return list(dict.fromkeys(by_country + meant))
