from __future__ import annotations

import sys
from pathlib import Path

import pytest

from model_pool.workshop.errors import ArtifactInvalid, ExtraMissing
from model_pool.workshop.evaluate.comet import Comet

STAND_IN = """
from types import SimpleNamespace

def load_from_checkpoint(path, local_files_only):
    assert local_files_only
    return SimpleNamespace(predict=predict)

def predict(triples, gpus, progress_bar):
    same = [one["mt"] == one["ref"] and bool(one["src"]) for one in triples]
    return SimpleNamespace(system_score=sum(same) / len(same))
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a stand-in with COMET's interface where the library would be."""
    (tmp_path / "libraries").mkdir()
    (tmp_path / "libraries" / "comet.py").write_text(STAND_IN)
    monkeypatch.syspath_prepend(str(tmp_path / "libraries"))
    monkeypatch.delitem(sys.modules, "comet", raising=False)


@pytest.mark.usefixtures("library")
def test_score_is_what_the_model_in_the_directory_says(tmp_path: Path) -> None:
    (tmp_path / "model" / "checkpoints").mkdir(parents=True)
    (tmp_path / "model" / "checkpoints" / "model.ckpt").write_bytes(b"weights")
    comet = Comet(tmp_path / "model", "cpu")
    assert comet.score(["a", "b", "c"], ["x", "y", "z"], ["x", "y", "w"]) == 0.6667


@pytest.mark.usefixtures("library")
def test_directory_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactInvalid, match=r"0 files \*\.ckpt"):
        Comet(tmp_path, "cpu")


def test_missing_library_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_pool.workshop.evaluate.comet.util.find_spec", lambda name: None)
    with pytest.raises(ExtraMissing, match="pip install unbabel-comet"):
        Comet(tmp_path, "cpu")
