"""Names of files: what a client sent made harmless, and what its translation is called; pure."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

_LONGEST = 200


def cleaned(filename: str) -> str:
    """Return the last part of a name, without what no name should have; the extension is never cut off."""
    last = filename.replace("\\", "/").rpartition("/")[2]
    kept = "".join(one for one in last if unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}).strip()
    suffix = PurePosixPath(kept).suffix[:20]
    return kept if len(kept) <= _LONGEST else kept[: _LONGEST - len(suffix)] + suffix


def translated_name(filename: str, target: str) -> str:
    """Return `report.pt.docx` for `report.docx`."""
    path = PurePosixPath(filename)
    return f"{path.stem}.{target}{path.suffix}"
