from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.routes import RouteTable
from model_pool.catalog.catalog import EMBEDDED_DIR
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.manifest import read_manifest
from model_pool.engines.fake import FakeLoader
from model_pool.replica import ReplicaSpec, make_spec

EMBEDDED = read_manifest(EMBEDDED_DIR / "en-pt")
LANGUAGES = ["de", "en", "es", "fr", "pt"]


def spec(sources: str, targets: str) -> ReplicaSpec:
    """A checkpoint of these languages that nobody loads."""
    codes = {"sources": dict.fromkeys(sources.split(), ""), "targets": dict.fromkeys(targets.split(), "")}
    manifest = EMBEDDED.model_copy(update=codes)
    return make_spec(FakeLoader(), Checkpoint(f"{sources}>{targets}", Path("nowhere"), manifest, manifest.digest()))


def table(*pairs: str, pivots: tuple[str, ...] = ("en", "any")) -> RouteTable:
    return RouteTable(tuple(spec(*pair.split(">")) for pair in pairs), pivots)


def way(routes: RouteTable, source: str, target: str) -> tuple[str, ...] | None:
    route = routes.find(source, target)
    return route.languages if route else None


def test_direct_checkpoint_goes_before_any_pivot() -> None:
    routes = table("es>en", "en>pt", "es>pt")
    assert way(routes, "es", "pt") == ("es", "pt")
    assert not routes.pivoted()


def test_two_checkpoints_meet_in_the_pivot() -> None:
    routes = table("es>en", "en>pt")
    route = routes.find("es", "pt")
    assert route is not None
    assert [leg.spec.checkpoint.reference for leg in route.legs] == ["es>en", "en>pt"]
    assert [(leg.source, leg.target) for leg in route.legs] == [("es", "en"), ("en", "pt")]
    assert (route.source, route.target, route.is_direct) == ("es", "pt", False)


def test_first_of_two_checkpoints_for_a_leg_does_it() -> None:
    route = table("es>en", "es fr>en", "en>pt de", "en>pt").find("es", "pt")
    assert route is not None
    assert [leg.spec.checkpoint.reference for leg in route.legs] == ["es>en", "en>pt de"]


def test_pivots_go_in_the_configured_order_and_the_rest_by_code() -> None:
    pairs = ("es>fr", "es>en", "es>de", "fr>pt", "en>pt", "de>pt")
    assert way(table(*pairs), "es", "pt") == ("es", "en", "pt")
    assert way(table(*pairs, pivots=("fr", "en")), "es", "pt") == ("es", "fr", "pt")
    assert way(table(*pairs, pivots=("any", "en", "fr")), "es", "pt") == ("es", "de", "pt")
    assert way(table(*pairs[:1], *pairs[3:], pivots=("en", "any")), "es", "pt") == ("es", "fr", "pt")


def test_only_what_is_named_is_gone_over() -> None:
    assert way(table("es>fr", "fr>pt", pivots=("en",)), "es", "pt") is None
    assert way(table("es>en", "en>pt", pivots=()), "es", "pt") is None


def test_there_is_never_more_than_one_pivot_and_no_way_back_to_the_start() -> None:
    routes = table("es>en", "en>fr", "fr>de", "en>es")
    assert way(routes, "es", "de") is None
    assert way(routes, "es", "es") is None
    assert routes.targets() == {"en": ("de", "es", "fr"), "es": ("en", "fr"), "fr": ("de",)}


codes = st.lists(st.sampled_from(LANGUAGES), min_size=1, max_size=3, unique=True).map(" ".join)


@given(
    st.lists(st.tuples(codes, codes), min_size=1, max_size=5),
    st.lists(st.sampled_from([*LANGUAGES, "any"]), unique=True, max_size=3),
)
def test_what_is_listed_is_what_is_found(pairs: list[tuple[str, str]], pivots: list[str]) -> None:
    routes = RouteTable(tuple(spec(*pair) for pair in pairs), tuple(pivots))
    listed = {(source, target) for source, targets in routes.targets().items() for target in targets}
    found = {(s, t) for s in LANGUAGES for t in LANGUAGES if routes.find(s, t)}
    assert listed == found
    for source, target in found:
        route = routes.find(source, target)
        assert route == routes.find(source, target)
        assert route is not None
        assert (route.source, route.target) == (source, target)
        assert all(leg.spec.checkpoint.manifest.translates(leg.source, leg.target) for leg in route.legs)
        assert route.is_direct == (routes.pivoted().get(source, {}).get(target) is None)


def test_two_hundred_languages_are_routed_in_no_time() -> None:
    many = " ".join(f"{a}{b}" for a in "abcdefghij" for b in "abcdefghijklmnopqrst")
    started = time.perf_counter()
    routes = RouteTable((spec(many, many), spec("zz", "aa"), spec("aa", "zy")), ("en", "any"))
    assert len(routes.targets()["zz"]) == 200 + 1
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("target", ["", "xx"])
def test_unknown_language_has_no_route(target: str) -> None:
    assert table("es>en").find("es", target) is None
