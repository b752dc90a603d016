"""Character references: what they mean, and how a text spells its characters; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

from app.text.markup.blocks import Spelling

_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_NEEDED = "&<>"  # always escaped, and by their short names


def spelling(texts: Iterable[str]) -> Spelling:
    """Return the references that these raw texts use for characters that they never write plainly.

    A source that says `&nbsp;` or `&eacute;` gets its translation in the same manner.
    """
    with_references = [text for text in texts if "&" in text]
    found = {unescape(one): one for text in with_references for one in _REFERENCE.findall(text)}
    plain = "".join(_REFERENCE.sub("", text) for text in texts) if found else ""
    return {
        ord(character): reference
        for character, reference in found.items()
        if len(character) == 1 and character not in _NEEDED and character not in plain
    }
