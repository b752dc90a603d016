"""What a client ordered, as JSON for the store and back; pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from app.jobs.job import DocumentWishes
from app.text.segmentation import Split


@dataclass(frozen=True, slots=True)
class Order:
    """Languages and tier as they were asked for, and the rest."""

    source: str
    target: str
    tier: str | None
    wishes: DocumentWishes

    def to_json(self) -> str:
        """Return what `from_json` reads."""
        wishes = self.wishes
        return json.dumps(
            {
                "source": self.source,
                "target": self.target,
                "tier": self.tier,
                "glossary_id": wishes.glossary_id,
                "glossary": dict(wishes.glossary),
                "kept": wishes.kept,
                "split": wishes.split,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Order:
        """Read what `to_json` wrote."""
        read = json.loads(text)
        wishes = DocumentWishes(read["glossary_id"], read["glossary"], tuple(read["kept"]), Split(read["split"]))
        return cls(read["source"], read["target"], read["tier"], wishes)
