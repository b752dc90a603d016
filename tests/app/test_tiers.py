from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import PairUnsupported, UnknownTier
from app.services import resolve_tiers
from app.tiers import TierTable
from model_pool.catalog.catalog import Catalog
from model_pool.engines.fake import FakeLoader
from tests.app.conftest import BOTH, EN_PT, Configure


@pytest.fixture
def tiers(configure: Configure, tmp_path: Path) -> TierTable:
    return resolve_tiers(configure(tiers={"basic": BOTH, "one-way": EN_PT}), Catalog(tmp_path), FakeLoader())


def test_pair_finds_its_checkpoint(tiers: TierTable) -> None:
    route = tiers["basic"].route("pt", "en")
    assert route.spec.checkpoint.reference == "embedded/pt-en"
    assert len(route.legs) == 1


def test_pair_without_a_checkpoint_says_what_there_is(tiers: TierTable) -> None:
    with pytest.raises(PairUnsupported, match=r"does not translate pt to en. From pt it reaches: nothing"):
        tiers["one-way"].route("pt", "en")


def test_unknown_tier_lists_the_tiers(tiers: TierTable) -> None:
    with pytest.raises(UnknownTier, match=r"no tier 'gold'. Choose one of: basic, one-way"):
        tiers["gold"]


def test_languages_are_joined_over_tiers(tiers: TierTable) -> None:
    assert tiers.languages() == {"en": ["pt"], "pt": ["en"]}
    assert tiers["one-way"].sources == ("en",)
    assert tiers["one-way"].languages == ("en", "pt")
