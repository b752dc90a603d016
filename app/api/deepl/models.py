"""What DeepL calls a model type is a tier here: the default one, or the last of the configuration; pure."""

from __future__ import annotations

from collections.abc import Sequence

from app.api.schemas.deepl import ModelType, ModelTypeUsed
from app.tiers import Tier, TierTable


def tiers_for(model_type: ModelType | None, tiers: TierTable) -> list[str]:
    """Return the tiers to try, in order; the next one where a tier does not translate the pair."""
    last = list(tiers)[-1]
    match model_type:
        case "quality_optimized":
            return [last]
        case "prefer_quality_optimized":
            return list(dict.fromkeys((last, tiers.default)))
        case _:
            return [tiers.default]


def model_type_of(tier: str, asked: ModelType, tiers: TierTable) -> ModelTypeUsed:
    """Return what a tier is called that answered; where one tier is both, it is what was asked for."""
    if asked == "latency_optimized" and tier == tiers.default:
        return "latency_optimized"
    return "quality_optimized" if tier == list(tiers)[-1] else "latency_optimized"


def pairs_of(tiers: TierTable) -> list[tuple[str, str]]:
    """Return every (source, target) that some model type translates, in the codes of the checkpoints."""
    reachable: Sequence[Tier] = [tiers[name] for name in tiers_for("prefer_quality_optimized", tiers)]
    return sorted({(source, one) for tier in reachable for source, targets in tier.pairs.items() for one in targets})
