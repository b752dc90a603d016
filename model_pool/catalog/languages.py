"""Families' language tokens to BCP 47 and back; pure.

`canonical` gives the shortest code that people use: macrolanguages ("cmn" is "zh", "arb" is "ar"), and no script
where it is the usual one ("eng_Latn" is "en", "zho_Hans" is "zh", "zho_Hant" stays "zh-Hant").
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import langcodes
from langcodes.tag_parser import LanguageTagError

from model_pool.catalog.manifest import Family

TOKEN_SHAPES: dict[Family, re.Pattern[str]] = {
    Family.MARIAN: re.compile(r">>(?P<code>[^<>\s]+)<<"),
    Family.NLLB: re.compile(r"(?P<code>[a-z]{3}_[A-Z][a-z]{3})"),
    Family.M2M100: re.compile(r"__(?P<code>[a-z]{2,3})__"),
    Family.MBART50: re.compile(r"(?P<code>[a-z]{2})_[A-Z]{2}"),
    Family.T5: re.compile(r"<2(?P<code>[A-Za-z][A-Za-z_]*)>"),
}
"""How a family writes a language as one token."""

# Codes that checkpoints use in a sense of their own: Northern Sotho (M2M-100), Brazilian (OPUS-MT), the rest NLLB.
_HABITS = {"ns": "nso", "pob": "pt-BR", "kor_Hang": "ko", "pbt_Arab": "ps", "quy_Latn": "qu", "fuv_Latn": "ff"}

_GROUPS = frozenset(
    (  # noqa: SIM905
        "mul aav afa alg alv apa aqa aql art ath auf aus awd azc bad bai bat ber bih bnt btk cai cau cba ccn ccs cdc "
        "cdd cel cmc cpe cpf cpp crp csu cus day dmn dra egx esx euq fiu fox gem gme gmq gmw grk hmx hok hyx iir ijo "
        "inc ine ira iro itc jpx kar kdo khi kro map mkh mno mun myn nah nai ngf nic nub omq omv oto paa phi plf poz "
        "pqe pqw pra qwe roa sai sal sdv sem sgn sio sit sla smi son sqj ssa syd tai tbq trk tup tut tuw urj wak wen "
        "xgn xnd ypk zhx zle zls zlw znd"
    ).split()
)


def canonical(code: str, *, macro: bool = True) -> str | None:
    """Return the shortest BCP 47 form of a language code as checkpoints write it; None where it names no language.

    macro: let the macrolanguage stand for its main member; off where both are on offer.
    """
    try:
        tag = langcodes.standardize_tag(_HABITS.get(code, code), macro=macro)
    except LanguageTagError:
        return None
    language = langcodes.Language.get(tag)
    if not langcodes.tag_is_valid(tag) or language.territory == "XX":
        return None
    usual = langcodes.Language.get(language.language or "und").maximize().script
    return tag.replace(f"-{usual}", "", 1) if usual and language.script == usual else tag


def languages_of(family: Family, vocabulary: Iterable[str]) -> dict[str, str]:
    """Return BCP 47 code -> language token for every language token in a vocabulary, in its order.

    Where two tokens have one code, the first keeps it and the second takes its narrower form ("aka_Latn" is "ak",
    "twi_Latn" then "tw"), or is left out where it has none: it names the same language again.
    """
    found: dict[str, str] = {}
    for token in vocabulary:
        match = TOKEN_SHAPES[family].fullmatch(token)
        if match is None:
            continue
        for code in (canonical(match["code"]), canonical(match["code"], macro=False)):
            if code is not None and found.setdefault(code, token) == token:
                break
    return found


def is_group(code: str) -> bool:
    """Say whether a code names many languages at once, as "mul" and the ISO 639-5 families do."""
    return code in _GROUPS
