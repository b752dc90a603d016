from __future__ import annotations

from pathlib import Path

import pytest

from app.composition import resolve_tiers
from app.errors import PairUnsupported, UnknownTier
from app.tiers import TierTable
from model_pool.catalog.catalog import Catalog
from model_pool.engines.fake import FakeLoader
from model_pool.residency.entry import Policy
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


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"keep_alive": 5}, {"keep_alive": 60}, Policy(keep_alive=60)),
        ({"keep_alive": 0}, {"keep_alive": "never"}, Policy(keep_alive=None)),
        ({"keep_alive": 5, "pin": True}, {"keep_alive": 5}, Policy(keep_alive=5, pinned=True)),
        ({}, {}, Policy()),
    ],
)
def test_tiers_that_share_a_replica_keep_it_for_the_longest_that_any_asks_for(
    configure: Configure, tmp_path: Path, first: dict[str, object], second: dict[str, object], expected: Policy
) -> None:
    settings = configure(tiers={"basic": EN_PT | first, "medium": EN_PT | second})
    table = resolve_tiers(settings, Catalog(tmp_path), FakeLoader())
    (key,) = table.unique
    assert table.policy_of(key) == expected
