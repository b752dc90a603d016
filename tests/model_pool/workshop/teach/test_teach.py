from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from model_pool.workshop.artifact import Artifact, Kind, open_artifact
from model_pool.workshop.errors import DataInvalid, RecipeInvalid
from model_pool.workshop.progress import Silent
from model_pool.workshop.teach import making
from model_pool.workshop.teach.step import STEP, TeachOptions
from model_pool.workshop.teachers.teacher import Search, load_teacher, translate
from model_pool.workshop.workspace import Workspace
from tests.model_pool.workshop.models.making import number_pairs

ALL = TeachOptions(columns=("source",), batch_tokens=40)


@pytest.fixture
def inputs(tmp_path: Path, skilled: Path) -> dict[str, Artifact]:
    (tmp_path / "corpus").mkdir()
    for split, count in (("train", 25), ("valid", 5)):
        lines = [f"{source}\n" for source, _ in number_pairs(count, seed=count, longest=3)]
        (tmp_path / "corpus" / f"{split}.tsv").write_text("".join(lines))
    return {"teacher": open_artifact([skilled]), "corpus": open_artifact([tmp_path / "corpus"])}


def pairs_of(directory: Path, split: str = "train") -> list[list[str]]:
    text = gzip.decompress((directory / f"{split}.tsv.gz").read_bytes()).decode()
    return [line.split("\t") for line in text.splitlines()]


def test_each_split_is_translated_in_its_order(tmp_path: Path, inputs: dict[str, Artifact]) -> None:
    made = Workspace(tmp_path / "build").make(STEP, inputs, ALL)
    assert made.artifact.kind is Kind.CORPUS
    figures = made.artifact.lineage.figures if made.artifact.lineage else {}
    teacher = load_teacher(inputs["teacher"])
    for split, count in (("train", 25), ("valid", 5)):
        sources = [source for source, _ in number_pairs(count, seed=count, longest=3)]
        pairs = pairs_of(made.artifact.path, split)
        assert len(pairs) > 0.9 * count
        assert sum(figures["sentences"][split].values()) == count
        assert len(pairs) == figures["sentences"][split]["kept"]
        assert [pair[0] for pair in pairs] == [source for source in sources if source in {pair[0] for pair in pairs}]
        for source, target in pairs[:5]:
            (alone,) = translate(teacher, teacher.words.encode_all([source]), Search())
            assert target == teacher.words.decode(alone)
    assert figures["sentences_per_second"] > 0


class Stops(Silent):
    """Gives up in the middle of the work."""

    def __init__(self, after: int) -> None:
        self.left, self.heard = after, 0.0

    def advance(self, amount: float, **figures: float) -> None:
        self.heard += amount
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def test_interrupted_run_goes_on_from_the_last_window(
    tmp_path: Path, inputs: dict[str, Artifact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "WINDOW", 7)
    whole = Workspace(tmp_path / "other").make(STEP, inputs, ALL)
    with pytest.raises(KeyboardInterrupt):
        Workspace(tmp_path / "build", Stops(5)).make(STEP, inputs, ALL)
    (partial,) = (tmp_path / "build" / ".partial").iterdir()
    done = {path.name: path.stat().st_mtime_ns for path in (partial / "scratch").glob("*.json")}
    assert 0 < len(done) < 5
    made = Workspace(tmp_path / "build").make(STEP, inputs, ALL)
    for split in ("train", "valid"):
        assert pairs_of(made.artifact.path, split) == pairs_of(whole.artifact.path, split)


def test_what_is_left_out_is_counted(tmp_path: Path, inputs: dict[str, Artifact]) -> None:
    options = ALL.model_copy(update={"longest": 3})
    made = Workspace(tmp_path / "build").make(STEP, inputs, options)
    assert made.artifact.lineage is not None
    counts = made.artifact.lineage.figures["sentences"]["train"]
    teacher = load_teacher(inputs["teacher"])
    sources = teacher.words.encode_all([source for source, _ in number_pairs(25, seed=25, longest=3)])
    assert counts["long"] == sum(len(source) > 3 for source in sources) > 0
    assert sum(counts.values()) == 25


def test_unlikely_translations_can_be_left_out(tmp_path: Path, inputs: dict[str, Artifact]) -> None:
    workspace = Workspace(tmp_path / "build")
    everything = workspace.make(STEP, inputs, ALL)
    likely = workspace.make(STEP, inputs, ALL.model_copy(update={"least_likely": -0.03}))
    kept = [pairs_of(made.artifact.path) for made in (everything, likely)]
    assert 0 < len(kept[1]) < len(kept[0])
    assert [pair for pair in kept[0] if pair in kept[1]] == kept[1]


def test_corpus_of_which_nothing_is_left_is_an_error(tmp_path: Path, inputs: dict[str, Artifact]) -> None:
    with pytest.raises(DataInvalid, match=r"No translation is left: .*unlikely"):
        Workspace(tmp_path / "build").make(STEP, inputs, ALL.model_copy(update={"least_likely": -1e-9}))


def test_device_that_is_not_there_is_said(
    tmp_path: Path, inputs: dict[str, Artifact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(RecipeInvalid, match="no such device"):
        Workspace(tmp_path / "build").make(STEP, inputs, ALL.model_copy(update={"device": "cuda"}))
