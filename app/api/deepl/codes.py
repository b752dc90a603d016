"""Languages in DeepL's codes; pure. What clients send needs none of this: `app.languages` reads any spelling."""

from __future__ import annotations

from collections.abc import Mapping

from app.languages import parse

_TARGETS: Mapping[str, tuple[str, ...]] = {
    "en": ("EN-GB", "EN-US"),  # clients refuse a bare EN or PT as a target
    "pt": ("PT-BR", "PT-PT"),
    "no": ("NB",),
    "zh-Hans": ("ZH", "ZH-HANS"),
}


def source_code(code: str) -> str:
    """Return what DeepL calls a source language: without a region, in capitals."""
    language = parse(code).language
    return "NB" if language == "no" else language.upper()


def target_codes(code: str) -> tuple[str, ...]:
    """Return what DeepL calls a target language: every regional code where clients want one and we have none."""
    tag = str(parse(code))
    return _TARGETS.get(tag, (tag.upper(),))
