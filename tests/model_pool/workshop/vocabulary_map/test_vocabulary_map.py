from __future__ import annotations

import struct
from pathlib import Path

import pytest

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.convert import Quantization
from model_pool.catalog.manifest import read_manifest
from model_pool.workshop.artifact import Artifact, open_artifact
from model_pool.workshop.errors import ArtifactInvalid, DataInvalid, RecipeInvalid
from model_pool.workshop.models.running import Running
from model_pool.workshop.models.servable import Servable
from model_pool.workshop.quantize.step import STEP as QUANTIZE
from model_pool.workshop.quantize.step import QuantizeOptions
from model_pool.workshop.vocabulary_map.mapping import read_map
from model_pool.workshop.vocabulary_map.shortlist import read_shortlist
from model_pool.workshop.vocabulary_map.step import STEP, VocabularyMapOptions
from model_pool.workshop.workspace import Workspace
from tests.model_pool.workshop.models.making import number_pairs, write_trainable
from tests.model_pool.workshop.models.teaching import taught_trainable

OPTIONS = VocabularyMapOptions(always=2, best=3, samples=20, rounds=1)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    taught = open_artifact([write_trainable(tmp_path_factory.mktemp("taught") / "model", taught_trainable())])
    options = QuantizeOptions(type=Quantization.FLOAT32)
    return Workspace(tmp_path_factory.mktemp("served")).make(QUANTIZE, {"model": taught}, options).artifact


def corpus(path: Path, pairs: list[tuple[str, str]]) -> Artifact:
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs))
    return open_artifact([path])


def decoded(model: Artifact, count: int) -> list[tuple[str, str]]:
    """Return what the model itself makes of some sentences."""
    sources = [source for source, _ in number_pairs(count, seed=3)]
    outputs = Servable(model.path, Running()).translate(sources)
    return [(source, output.text) for source, output in zip(sources, outputs, strict=True)]


def write_shortlist(directory: Path, pieces: list[str], entries: dict[str, list[str]], first: int) -> None:
    targets = [[pieces.index(one) for one in entries.get(piece, [])] for piece in pieces]
    offsets = [sum(map(len, targets[:place])) for place in range(len(pieces) + 1)]
    flat = [one for each in targets for one in each]
    header = struct.pack("<6Q", 0xF11A48D5013417F5, 0, first, 50, len(offsets), len(flat))
    content = header + struct.pack(f"<{len(offsets)}Q", *offsets) + struct.pack(f"<{len(flat)}I", *flat)
    (directory / "lex.50.50.enpt.s2t.bin").write_bytes(content)


@pytest.fixture
def bergamot(tmp_path: Path, model: Artifact) -> Path:
    directory = tmp_path / "bergamot"
    directory.mkdir()
    words = taught_trainable().words
    (directory / "vocab.enpt.spm").write_bytes(words.source_model)
    (directory / "model.enpt.bin").write_bytes(b"not read")
    pieces = words._source.id_to_piece(list(range(words._source.get_piece_size())))
    write_shortlist(directory, pieces, {"▁one": ["▁1"], "▁two": ["▁2", "▁1"]}, first=3)
    return directory


def test_counted_map_restricts_the_engine_and_the_loss_is_told(tmp_path: Path, model: Artifact) -> None:
    inputs = {
        "model": model,
        "corpus": corpus(tmp_path / "decoded.tsv", decoded(model, 200)),
        "test": corpus(tmp_path / "test.tsv", number_pairs(30, seed=9)),
    }
    made = Workspace(tmp_path / "build").make(STEP, inputs, OPTIONS).artifact
    assert made.lineage is not None
    figures = made.lineage.figures
    assert figures["sentences"] == 20
    assert figures["same_as_without"]["chrf"] > 50
    assert 0 <= figures["missing_in_outputs"]["pieces"] < 0.5
    assert figures["missing_in_outputs"]["pieces"] <= figures["missing_in_outputs"]["sentences"]
    assert set(figures["references"]) == {"with_map", "without_map"}
    assert figures["speed_up_alone"] > 0
    assert figures["allowed_on_average"] < taught_trainable().words.size


def test_what_the_map_does_not_allow_is_never_said(tmp_path: Path, model: Artifact) -> None:
    sixes = corpus(tmp_path / "sixes.tsv", [(name, "6") for name in ("one", "two", "three", "four five")])
    options = VocabularyMapOptions(always=0, best=1)
    made = Workspace(tmp_path / "build").make(STEP, {"model": model, "corpus": sixes}, options).artifact
    said = Servable(made.path, Running()).translate(["one", "two", "three"])
    assert {sign for output in said for sign in output.text} <= {"6", " "}
    free = Servable(made.path, Running(use_vocabulary_map=False)).translate(["one", "two", "three"])
    assert [output.text for output in free] == [
        output.text for output in Servable(model.path, Running()).translate(["one", "two", "three"])
    ]


def test_result_is_a_whole_checkpoint_with_its_lineage(tmp_path: Path, model: Artifact, bergamot: Path) -> None:
    inputs = {"model": model, "shortlist": open_artifact([bergamot])}
    made = Workspace(tmp_path / "build").make(STEP, inputs, OPTIONS).artifact
    checkpoint = Checkpoint.read("it", made.path)
    checkpoint.verify()
    assert checkpoint.manifest.vocabulary_map
    assert "vmap.txt" in checkpoint.manifest.files
    lineage = checkpoint.manifest.lineage
    assert lineage.parents == (model.digest, inputs["shortlist"].digest)
    assert lineage.recipe["parents"]["model"]["step"] == "quantize"
    assert read_map(made.path).entries == {("▁one",): ("▁1",), ("▁two",): ("▁2", "▁1")}
    again = Workspace(tmp_path / "build").make(STEP, {"model": made, "shortlist": inputs["shortlist"]}, OPTIONS)
    assert read_manifest(again.artifact.path).files.keys() == checkpoint.manifest.files.keys()


def test_phrases_are_possible_whole(tmp_path: Path, model: Artifact, bergamot: Path) -> None:
    phrases = corpus(tmp_path / "phrases.tsv", [("one two", "9 1")])
    inputs = {"model": model, "shortlist": open_artifact([bergamot]), "phrases": phrases}
    made = Workspace(tmp_path / "build").make(STEP, inputs, OPTIONS).artifact
    assert read_map(made.path).entries[("▁one", "▁two")] == ("▁9",)


def test_shortlist_is_read_with_its_always_allowed_pieces(bergamot: Path) -> None:
    found = read_shortlist(bergamot)
    assert found.entries == {"▁one": ("▁1",), "▁two": ("▁2", "▁1")}
    assert found.always[:2] == ("</s>", "<unk>")
    assert len(found.always) == 3


@pytest.mark.parametrize("damage", ["short", "magic", "ids"])
def test_damaged_shortlist_is_refused(bergamot: Path, damage: str) -> None:
    path = bergamot / "lex.50.50.enpt.s2t.bin"
    content = bytearray(path.read_bytes())
    match damage:
        case "short":
            del content[-3:]
        case "magic":
            content[0] ^= 255
        case "ids":
            content[-4:] = b"\xff\xff\xff\x00"
    path.write_bytes(content)
    with pytest.raises(ArtifactInvalid, match="no binary shortlist for this vocabulary, or is damaged"):
        read_shortlist(bergamot)


def test_map_of_nothing_or_of_another_vocabulary_is_refused(tmp_path: Path, model: Artifact, bergamot: Path) -> None:
    workspace = Workspace(tmp_path / "build")
    with pytest.raises(RecipeInvalid, match="needs a shortlist or a corpus"):
        workspace.make(STEP, {"model": model}, OPTIONS)
    with pytest.raises(DataInvalid, match="no pairs to count"):
        workspace.make(STEP, {"model": model, "corpus": corpus(tmp_path / "none.txt", [])}, OPTIONS)
    from tests.model_pool.workshop.models.making import tiny_words

    other = tiny_words([("alpha beta gamma", "delta epsilon")] * 20, size=30)
    (bergamot / "vocab.enpt.spm").write_bytes(other.source_model)
    pieces = other._source.id_to_piece(list(range(other._source.get_piece_size())))
    write_shortlist(bergamot, pieces, {}, first=len(pieces))
    with pytest.raises(ArtifactInvalid, match="of another vocabulary"):
        workspace.make(STEP, {"model": model, "shortlist": open_artifact([bergamot])}, OPTIONS)
