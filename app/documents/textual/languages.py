"""What documents say about languages, and what must not be mixed; pure."""

from __future__ import annotations

from app.documents.errors import BrokenDocument
from app.languages import UnknownLanguage, normalise, parse


def language_of(code: str) -> str:
    """Return a code that a document declares in BCP 47; "" where it is none that is known."""
    try:
        return normalise(code.strip())
    except UnknownLanguage:
        return ""


def refuse_mixing(declared: str, target: str) -> None:
    """Raise BrokenDocument for a file that has translations into one language and is to get those into another."""
    has = language_of(declared)
    if has and parse(has).language != parse(target).language:
        raise BrokenDocument(
            f"The document has translations into {has} already. Translate it to {has}, or send it without translations."
        )
