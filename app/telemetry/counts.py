"""What the server has done since it started: translations and their time, for `/stats`; pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """Sums over translated texts."""

    translations: int = 0
    seconds: float = 0.0

    def add(self, texts: int, seconds: float) -> None:
        """Count `texts` that one request translated in `seconds`; each is charged its share."""
        self.translations += texts
        self.seconds += seconds

    @property
    def mean_seconds(self) -> float:
        """Mean time per text; 0 before the first."""
        return self.seconds / self.translations if self.translations else 0.0
