"""Plural forms of gettext: how many a language has, and which of them is for one; pure."""

from __future__ import annotations

import gettext
import re
from dataclasses import dataclass

from app.languages import parse

_FORMS = re.compile(r"\s*nplurals\s*=\s*(\d{1,2})\s*;\s*plural\s*=\s*([^;\n]{1,999})")
_MOST = 10

_FEW = "n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20)"
_ONE = "n%10==1 && n%100!=11"
_SLAVIC = f"nplurals=3; plural=({_ONE} ? 0 : {_FEW} ? 1 : 2);"
_BY_LANGUAGE = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
    "cy": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n==3 ? 3 : n==6 ? 4 : 5);",
    "ga": "nplurals=5; plural=(n==1 ? 0 : n==2 ? 1 : n<7 ? 2 : n<11 ? 3 : 4);",
    "gd": "nplurals=4; plural=(n==1 || n==11 ? 0 : n==2 || n==12 ? 1 : n>2 && n<20 ? 2 : 3);",
    "is": f"nplurals=2; plural=({_ONE} ? 0 : 1);",
    "lt": f"nplurals=3; plural=({_ONE} ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "lv": f"nplurals=3; plural=({_ONE} ? 0 : n!=0 ? 1 : 2);",
    "mk": f"nplurals=2; plural=({_ONE} ? 0 : 1);",
    "mt": "nplurals=4; plural=(n==1 ? 0 : n==0 || (n%100>1 && n%100<11) ? 1 : n%100>10 && n%100<20 ? 2 : 3);",
    "pl": f"nplurals=3; plural=(n==1 ? 0 : {_FEW} ? 1 : 2);",
    "pt-BR": "nplurals=2; plural=(n > 1);",
    "ro": "nplurals=3; plural=(n==1 ? 0 : n==0 || (n%100>0 && n%100<20) ? 1 : 2);",
    "sl": "nplurals=4; plural=(n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3);",
    **dict.fromkeys(("be", "bs", "hr", "ru", "sr", "uk"), _SLAVIC),
    **dict.fromkeys(("cs", "sk"), "nplurals=3; plural=(n==1 ? 0 : n>=2 && n<=4 ? 1 : 2);"),
    **dict.fromkeys(
        ("ak", "am", "as", "bn", "fa", "fil", "fr", "gu", "hi", "hy", "kn", "ln", "mg", "oc", "ti", "uz", "wa", "zu"),
        "nplurals=2; plural=(n > 1);",
    ),
    **dict.fromkeys(
        ("bo", "dz", "id", "ja", "jv", "km", "ko", "lo", "ms", "my", "su", "th", "vi", "wo", "yo", "zh"),
        "nplurals=1; plural=0;",
    ),
}
_OTHERS = "nplurals=2; plural=(n != 1);"


@dataclass(frozen=True, slots=True)
class Plurals:
    """written: the value of Plural-Forms. count: of forms. singular: the form for one."""

    written: str
    count: int
    singular: int


def plurals_of(target: str) -> Plurals:
    """Return the forms of a language in BCP 47; two, as in English, for one that is not known here."""
    tag = parse(target)
    by_territory = _BY_LANGUAGE.get(f"{tag.language}-{tag.territory}")
    found = declared(by_territory or _BY_LANGUAGE.get(tag.language, _OTHERS))
    if found is None:
        raise ValueError(f"the plural forms for {target} are not well written")
    return found


def declared(forms: str) -> Plurals | None:
    """Return what the value of Plural-Forms says, or None where it says nothing: a template's, or a broken one."""
    match = _FORMS.match(forms)
    if match is None or not 1 <= int(match[1]) <= _MOST:
        return None
    try:
        singular = gettext.c2py(match[2].strip())(1)
    except (ValueError, ZeroDivisionError):
        return None
    count = int(match[1])
    return Plurals(forms, count, singular) if 0 <= singular < count else None
