"""How a model runs while it is measured; pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How a model runs. source, target: BCP 47 codes; empty for the first that the checkpoint has."""

    device: str = "cpu"
    compute_type: str = "auto"
    threads: int = 1
    beam: int = 1
    source: str = ""
    target: str = ""
    use_vocabulary_map: bool = True
