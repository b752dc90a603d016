from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app import composition
from app.composition import _budgets, _pool_options, make_loader, resolve_tiers
from app.settings import ConfigurationError
from model_pool.catalog.catalog import Catalog
from model_pool.devices import total_memory
from tests.app.conftest import EN_PT, Configure


def test_unservable_references_are_all_named_at_start_up(configure: Configure, tmp_path: Path) -> None:
    settings = configure(
        tiers={
            "basic": {"checkpoints": ["embedded/en-pt", "embedded/en-fr"]},
            "other": {"checkpoints": ["Helsinki-NLP/opus-mt-en-de"]},
            "half": EN_PT | {"compute_type": "float16"},
        }
    )
    with pytest.raises(ConfigurationError) as caught:
        resolve_tiers(settings, Catalog(tmp_path), make_loader())
    message = str(caught.value)
    assert "tiers.basic.checkpoints[1]: 'embedded/en-fr' is not embedded. There are: embedded/en-pt" in message
    assert "tiers.other.checkpoints[0]: " in message
    assert "babelpool pull Helsinki-NLP/opus-mt-en-de" in message
    assert "tiers.half.checkpoints[0]: compute_type 'float16' is not possible on cpu" in message


def test_copies_and_compute_types_of_one_content_are_one_replica(configure: Configure, tmp_path: Path) -> None:
    embedded = Catalog(tmp_path).resolve("embedded/en-pt")
    shutil.copytree(embedded.path, tmp_path / "copy")
    settings = configure(
        tiers={
            "basic": EN_PT,
            "medium": {"checkpoints": [str(tmp_path / "copy")], "compute_type": "int8", "beam_size": 4},
            "premium": EN_PT | {"compute_type": "float32"},
        }
    )
    tiers = resolve_tiers(settings, Catalog(tmp_path), make_loader())
    assert len(tiers.references) == 3
    assert len(tiers.unique) == 2


@pytest.mark.parametrize(
    ("budget", "expected"),
    [("none", {}), ("100MB", {"cpu": 100_000_000}), ("1GiB", {"cpu": 2**30}), ("auto", {"cpu": 0.8})],
)
def test_memory_budget_is_bytes_or_a_share_of_what_is_not_in_use_yet(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, budget: str, expected: dict[str, float]
) -> None:
    used = 123_456_789
    monkeypatch.setattr(composition, "memory_in_use", lambda _: used)
    budgets = _budgets(configure(pool={"memory_budget": budget}).pool.memory_budget, {"cpu"})
    share = {
        device: int(part * (total_memory(device) - used)) if part < 1 else part for device, part in expected.items()
    }
    assert budgets == share


def test_demotion_is_off_unless_it_is_asked_for_and_bounded_by_the_hosts_budget(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(composition, "memory_in_use", lambda _: 0)
    for pool, demote, shelf in (
        ({}, False, int(0.8 * total_memory("cpu"))),
        ({"demote": True, "memory_budget": "100MB"}, True, 100_000_000),
        ({"demote": True, "memory_budget": "none"}, True, int(0.8 * total_memory("cpu"))),
    ):
        settings = configure(pool=pool)
        tiers = resolve_tiers(settings, Catalog(tmp_path), make_loader())
        assert {tiers.policy_of(key).demote for key in tiers.unique} == {demote}
        assert _pool_options(settings, tiers).rules.shelf == shelf
