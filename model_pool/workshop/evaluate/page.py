"""report.html: all outputs side by side, in one file that needs nothing else; reads its template."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from model_pool.workshop.evaluate.picking import Row
from model_pool.workshop.evaluate.tables import alignment_table, quality_tables, speed_table

_TEMPLATE = Path(__file__).with_name("page.html")
_PLACE = "__CONTENT__"


def page(figures: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """Return the page."""
    tables = [*quality_tables(figures), speed_table(figures), alignment_table(figures)]
    content = {
        "base": figures["base"],
        "command": figures["command"],
        "models": list(figures["models"]),
        "tables": [asdict(table) for table in tables if table],
        "rows": rows,
    }
    # "<" may not stand in a script as it is: "</script>" in a sentence would end it.
    listed = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return _TEMPLATE.read_text(encoding="utf-8").replace(_PLACE, listed)
