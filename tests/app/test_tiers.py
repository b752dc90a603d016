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
from tests.fakes.relabelled import relabelled


@pytest.fixture
def tiers(configure: Configure, tmp_path: Path) -> TierTable:
    return resolve_tiers(configure(tiers={"basic": BOTH, "one-way": EN_PT}), Catalog(tmp_path), FakeLoader())


def test_pair_finds_its_checkpoint(tiers: TierTable) -> None:
    route = tiers["basic"].route("pt", "en")
    assert route.legs[0].spec.checkpoint.reference == "embedded/pt-en"
    assert route.is_direct
    assert route.languages == ("pt", "en")


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


def test_pair_that_only_some_tiers_pivot_is_not_called_pivoted(configure: Configure, tmp_path: Path) -> None:
    parts = [relabelled(tmp_path, *pair) for pair in (("es", "en"), ("en", "fr"))]
    direct = relabelled(tmp_path, "es", "fr")
    names = {"basic": {"checkpoints": parts}, "medium": {"checkpoints": [*parts, direct]}}
    table = resolve_tiers(configure(tiers=names), Catalog(tmp_path), FakeLoader())
    assert table["basic"].routes.pivoted() == {"es": {"fr": "en"}}
    assert table.languages() == {"en": ["fr"], "es": ["en", "fr"]}
    assert table.pivoted() == {}


def test_tier_can_switch_pivoting_off(configure: Configure, tmp_path: Path) -> None:
    parts = [relabelled(tmp_path, *pair) for pair in (("es", "en"), ("en", "fr"))]
    settings = configure(tiers={"basic": {"checkpoints": parts, "pivots": []}})
    table = resolve_tiers(settings, Catalog(tmp_path), FakeLoader())
    assert table.languages() == {"en": ["fr"], "es": ["en"]}
    with pytest.raises(PairUnsupported, match="does not translate es to fr"):
        table["basic"].route("es", "fr")


@pytest.mark.parametrize("pivots", ["en", ["xx-nonsense"], ["English"]])
def test_pivots_that_are_no_languages_are_refused(configure: Configure, pivots: object) -> None:
    with pytest.raises(ValueError, match="pivots"):
        configure(tiers={"basic": BOTH | {"pivots": pivots}})


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
