"""Which languages a checkpoint speaks, from its vocabulary and from what the caller says; pure."""

from __future__ import annotations

from collections.abc import Sequence

from model_pool.catalog.languages import canonical, languages_of
from model_pool.catalog.manifest import Family
from model_pool.errors import LanguageUnsupported

Languages = dict[str, str]
"""BCP 47 code -> language token, as a manifest has it."""


def guess_family(vocabulary: Sequence[str]) -> Family | None:
    """Recognise a family by its language tokens; None where the vocabulary has none."""
    found = {family: len(languages_of(family, vocabulary)) for family in Family}
    best = max(found, key=lambda family: found[family])
    return best if found[best] > 0 else None


def languages_spoken(
    family: Family, vocabulary: Sequence[str], sources: Sequence[str] | None, targets: Sequence[str] | None
) -> tuple[Languages, Languages]:
    """Return the manifest's `sources` and `targets`.

    sources, targets: codes, or `code=token` where the token cannot be read from the vocabulary; None asks for all
    that the vocabulary has. Raises LanguageUnsupported where that leaves a side empty or a code unknown.
    """
    known = languages_of(family, vocabulary)
    match family:
        case Family.NLLB | Family.M2M100 | Family.MBART50:
            return _with_tokens("source", known, sources), _with_tokens("target", known, targets)
        case Family.MARIAN:
            return _without_tokens("source", {}, sources), _with_tokens("target", known, targets)
        case Family.T5:
            return _without_tokens("source", known, sources), _with_tokens("target", known, targets)


def _with_tokens(side: str, known: Languages, wanted: Sequence[str] | None) -> Languages:
    """Return languages that a token of the vocabulary stands for, or any where it has no such tokens at all."""
    chosen = _without_tokens(side, known, wanted)
    unknown = sorted(code for code, token in chosen.items() if known and not token and code not in known)
    if unknown:
        raise LanguageUnsupported(f"The vocabulary has no token for {', '.join(unknown)}; it has: {', '.join(known)}.")
    return {code: token or known.get(code, "") for code, token in chosen.items()}


def _without_tokens(side: str, known: Languages, wanted: Sequence[str] | None) -> Languages:
    if wanted is not None:
        return dict(_read(side, entry) for entry in wanted)
    if not known:
        raise LanguageUnsupported(
            f"The {side} languages cannot be read from this checkpoint. Say them: --{side} <code>."
        )
    return dict.fromkeys(known, "")


def _read(side: str, entry: str) -> tuple[str, str]:
    written, _, token = entry.partition("=")
    code = canonical(written)
    if code is None:
        raise LanguageUnsupported(f"{written!r} is no language code. Write BCP 47 codes, as in --{side} pt.")
    return code, token
