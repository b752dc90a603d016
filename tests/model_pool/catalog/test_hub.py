"""`pull` against a hub on this machine: downloads, resumption, refusals, conversion and registration."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.convert import Quantization
from model_pool.catalog.hub import CONVERTING, PullOptions, pull
from model_pool.errors import (
    CatalogError,
    CheckpointNotPulled,
    ConversionFailed,
    DownloadFailed,
    LanguageUnsupported,
    StorageFailed,
    UnknownReference,
    UnsafeCheckpoint,
)
from model_pool.tokenization import load_tokenizer
from model_pool.types import EncodedSegment
from tests.fakes.checkpoints import marian, nllb
from tests.fakes.hub import FakeHub, HubRepository, commit_of

ROOT = Path(__file__).parents[3]
NAME = "Helsinki-NLP/opus-mt-en-pt"


@pytest.fixture(scope="session")
def opus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return marian(tmp_path_factory.mktemp("hub") / "opus")


@pytest.fixture(scope="session")
def pickled(opus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with `pytorch_model.bin` in place of safetensors."""
    from safetensors.torch import load_file

    directory = tmp_path_factory.mktemp("hub") / "pickled"
    directory.mkdir()
    for path in opus.iterdir():
        if path.suffix != ".safetensors":
            (directory / path.name).write_bytes(path.read_bytes())
    torch.save(load_file(opus / "model.safetensors"), directory / "pytorch_model.bin")
    return directory


@pytest.fixture
def served(hub: FakeHub, opus: Path) -> FakeHub:
    hub.repositories[NAME] = HubRepository({"main": opus})
    return hub


def test_a_pulled_checkpoint_is_whole_described_and_translates(served: FakeHub, tmp_path: Path, opus: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    checkpoint = pull(NAME, tmp_path, load_tokenizer, progress=lambda *event: heard.append(event))
    checkpoint.verify()
    manifest = checkpoint.manifest
    assert (manifest.sources, manifest.targets) == ({"en": ""}, {"pt": ""})
    assert (manifest.quantization, manifest.license) == ("int8_float32", "apache-2.0")
    assert manifest.origin == f"Hugging Face hub, {NAME}@{commit_of(opus)}"
    assert manifest.lineage.recipe["commit"] == commit_of(opus)
    assert set(manifest.lineage.versions) == {"ctranslate2", "transformers", "torch"}
    assert load_tokenizer(checkpoint.path, manifest).encode("house", "en", "pt").tokens[-1] == "</s>"
    weights = (opus / "model.safetensors").stat().st_size
    assert ("model.safetensors", weights, weights) in heard
    assert heard[-2:] == [(CONVERTING, 0, 1), (CONVERTING, 1, 1)]


def test_it_answers_to_its_name_and_to_its_commit_and_leaves_no_download(
    served: FakeHub, tmp_path: Path, opus: Path
) -> None:
    pulled = pull(NAME, tmp_path, load_tokenizer)
    catalog = Catalog(tmp_path)
    for reference in (NAME, f"{NAME}@main", f"{NAME}@{commit_of(opus)}"):
        assert catalog.resolve(reference).digest == pulled.digest
    assert [path for path in (tmp_path / "downloads").iterdir() if path.is_dir()] == []


def test_only_needed_files_are_asked_for(served: FakeHub, tmp_path: Path, opus: Path) -> None:
    (opus / "tf_model.h5").write_bytes(b"not for us")
    try:
        pull(NAME, tmp_path, load_tokenizer)
    finally:
        (opus / "tf_model.h5").unlink()
    names = [name for name, _ in served.asked]
    assert "tf_model.h5" not in names
    assert len(names) == len(set(names))


def test_the_same_content_pulled_twice_has_one_digest(served: FakeHub, tmp_path: Path, opus: Path) -> None:
    served.repositories["org/mirror-opus-mt-en-pt"] = HubRepository({"main": opus})
    one = pull(NAME, tmp_path, load_tokenizer)
    other = pull("org/mirror-opus-mt-en-pt", tmp_path, load_tokenizer)
    assert one.digest == other.digest
    assert one.path == other.path


@pytest.mark.parametrize("quantization", list(Quantization))
def test_every_quantization_is_stored_as_asked(served: FakeHub, tmp_path: Path, quantization: Quantization) -> None:
    checkpoint = pull(NAME, tmp_path, load_tokenizer, PullOptions(quantization=quantization))
    asked = quantization.value
    assert checkpoint.manifest.quantization == ("int8_float32" if asked == "int8" else asked)


def test_a_revision_is_pulled_and_resolved_by_its_name(served: FakeHub, tmp_path: Path, pickled: Path) -> None:
    served.repositories["org/name"] = HubRepository(
        {"main": pickled, "refs/pr/1": served.repositories[NAME].revisions["main"]}
    )
    options = PullOptions(sources=["en"], targets=["pt"])
    checkpoint = pull("org/name@refs/pr/1", tmp_path, load_tokenizer, options)
    assert Catalog(tmp_path).resolve("org/name@refs/pr/1").digest == checkpoint.digest
    with pytest.raises(CheckpointNotPulled):
        Catalog(tmp_path).resolve("org/name")


def test_a_cut_connection_is_resumed_by_the_next_pull(served: FakeHub, tmp_path: Path) -> None:
    served.cut["model.safetensors"] = 50_000
    served.down.add("model.safetensors")
    with pytest.raises(DownloadFailed, match="goes on from here"):
        pull(NAME, tmp_path, load_tokenizer)
    assert Catalog(tmp_path).references() == ("embedded/en-pt", "embedded/pt-en")
    served.cut.clear()
    served.down.clear()
    served.asked.clear()
    pull(NAME, tmp_path, load_tokenizer).verify()
    assert served.asked == [("model.safetensors", "bytes=50000-")]


def test_damage_on_the_way_is_noticed_and_the_next_pull_starts_that_file_afresh(
    served: FakeHub, tmp_path: Path, opus: Path
) -> None:
    served.cut["model.safetensors"] = 50_000
    served.down.add("model.safetensors")
    with pytest.raises(DownloadFailed):
        pull(NAME, tmp_path, load_tokenizer)
    partial = next((tmp_path / "downloads").rglob("*.partial"))
    partial.write_bytes(b"\0" * 50_000)
    served.cut.clear()
    served.down.clear()
    with pytest.raises(DownloadFailed, match="arrived damaged"):
        pull(NAME, tmp_path, load_tokenizer)
    pull(NAME, tmp_path, load_tokenizer).verify()


def test_a_finished_pull_clears_what_an_abandoned_one_of_that_repository_left(served: FakeHub, tmp_path: Path) -> None:
    for abandoned in ("Helsinki-NLP%2Fopus-mt-en-pt%40older", "org%2Fother%40commit"):
        (tmp_path / "downloads" / abandoned).mkdir(parents=True)
    pull(NAME, tmp_path, load_tokenizer)
    assert [path.name for path in (tmp_path / "downloads").iterdir() if path.is_dir()] == ["org%2Fother%40commit"]


def test_kill_9_while_downloading_leaves_the_catalog_whole_and_the_bytes_for_later(
    served: FakeHub, tmp_path: Path
) -> None:
    served.cut["model.safetensors"] = 50_000
    served.stall = True
    script = (
        "import sys; from pathlib import Path; from model_pool.catalog.hub import pull;"
        "from model_pool.tokenization import load_tokenizer; pull(sys.argv[1], Path(sys.argv[2]), load_tokenizer,"
        "progress=lambda step, done, total: print(done, flush=True))"
    )
    environment = {**os.environ, "HF_ENDPOINT": served.url, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", script, NAME, str(tmp_path)], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    ) as child:
        assert served.stalled.wait(60)
        child.kill()
    served.resumed.set()
    assert Catalog(tmp_path).references() == ("embedded/en-pt", "embedded/pt-en")
    served.cut.clear()
    served.asked.clear()
    pull(NAME, tmp_path, load_tokenizer).verify()
    assert [name for name, _ in served.asked] == ["model.safetensors"]


def test_pickled_weights_are_refused_and_the_flag_is_named(hub: FakeHub, tmp_path: Path, pickled: Path) -> None:
    hub.repositories[NAME] = HubRepository({"main": pickled})
    with pytest.raises(UnsafeCheckpoint, match="--allow-pickle"):
        pull(NAME, tmp_path, load_tokenizer)
    assert hub.asked == []


def test_pickled_weights_are_read_when_allowed(hub: FakeHub, tmp_path: Path, pickled: Path, opus: Path) -> None:
    hub.repositories[NAME] = HubRepository({"main": pickled})
    checkpoint = pull(NAME, tmp_path, load_tokenizer, PullOptions(allow_pickle=True))
    hub.repositories[NAME] = HubRepository({"main": opus})
    assert pull(NAME, tmp_path, load_tokenizer).digest == checkpoint.digest


def test_a_pickle_that_would_run_code_is_not_run_even_when_allowed(hub: FakeHub, tmp_path: Path, pickled: Path) -> None:
    evil = tmp_path / "evil"
    evil.mkdir()
    for path in pickled.iterdir():
        (evil / path.name).write_bytes(path.read_bytes())
    torch.save({"weight": _Touch(tmp_path / "touched")}, evil / "pytorch_model.bin")
    hub.repositories[NAME] = HubRepository({"main": evil})
    with pytest.raises(ConversionFailed):
        pull(NAME, tmp_path / "data", load_tokenizer, PullOptions(allow_pickle=True))
    assert not (tmp_path / "touched").exists()


class _Touch:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self._path),)


@pytest.mark.parametrize(
    ("reference", "error", "match"),
    [
        ("org/absent", DownloadFailed, "no repository org/absent"),
        (f"{NAME}@absent", DownloadFailed, "no revision 'absent'"),
        ("org/gated", DownloadFailed, "gated.*hf auth login"),
        ("org/empty", ConversionFailed, "no PyTorch or safetensors weights"),
        ("not a hub id", UnknownReference, "Helsinki-NLP/opus-mt-en-de"),
        ("embedded/en-pt/x", UnknownReference, "hub id"),
    ],
)
def test_what_cannot_be_pulled_says_why(
    served: FakeHub, tmp_path: Path, reference: str, error: type[CatalogError], match: str
) -> None:
    (tmp_path / "empty").mkdir()
    served.repositories["org/gated"] = HubRepository({"main": tmp_path / "empty"}, gated=True)
    served.repositories["org/empty"] = HubRepository({"main": tmp_path / "empty"})
    with pytest.raises(error, match=match):
        pull(reference, tmp_path / "data", load_tokenizer)
    assert Catalog(tmp_path / "data").references() == ("embedded/en-pt", "embedded/pt-en")


def test_no_hub_at_all_is_a_failed_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DownloadFailed, match="could not be fetched"):
        pull(NAME, tmp_path, load_tokenizer)


@pytest.mark.parametrize(
    ("config", "match"),
    [
        ({"model_type": "bart"}, "Marian, NLLB"),
        ({"model_type": "mbart", "tokenizer_class": "MBartTokenizer"}, "mBART-50"),
        ({}, "unknown"),
    ],
)
def test_other_families_are_refused_by_name(hub: FakeHub, tmp_path: Path, config: dict[str, str], match: str) -> None:
    repository = tmp_path / "other"
    repository.mkdir()
    (repository / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (repository / "model.safetensors").write_bytes(b"")
    hub.repositories["org/other"] = HubRepository({"main": repository})
    with pytest.raises(ConversionFailed, match=match):
        pull("org/other", tmp_path / "data", load_tokenizer)


def test_weights_that_are_no_weights_are_one_sentence(hub: FakeHub, tmp_path: Path, opus: Path) -> None:
    repository = tmp_path / "bad"
    repository.mkdir()
    for path in opus.iterdir():
        (repository / path.name).write_bytes(path.read_bytes())
    (repository / "model.safetensors").write_bytes(b"nonsense")
    hub.repositories[NAME] = HubRepository({"main": repository})
    with pytest.raises(ConversionFailed, match="could not be converted"):
        pull(NAME, tmp_path / "data", load_tokenizer)


def test_languages_that_cannot_be_known_must_be_said(hub: FakeHub, tmp_path: Path, opus: Path) -> None:
    repository = tmp_path / "nameless"
    repository.mkdir()
    for path in opus.iterdir():
        if path.name != "tokenizer_config.json":
            (repository / path.name).write_bytes(path.read_bytes())
    hub.repositories["org/nameless"] = HubRepository({"main": repository})
    with pytest.raises(LanguageUnsupported, match="--source"):
        pull("org/nameless", tmp_path / "data", load_tokenizer)
    said = PullOptions(sources=["gl"], targets=["eu"])
    manifest = pull("org/nameless", tmp_path / "data", load_tokenizer, said).manifest
    assert (manifest.sources, manifest.targets) == ({"gl": ""}, {"eu": ""})


def test_a_multilingual_checkpoint_can_be_narrowed(hub: FakeHub, tmp_path: Path) -> None:
    hub.repositories["org/nllb"] = HubRepository({"main": nllb(tmp_path / "nllb")})
    said = PullOptions(sources=["en"], targets=["pt", "fr"])
    manifest = pull("org/nllb", tmp_path / "data", load_tokenizer, said).manifest
    assert manifest.sources == {"en": "eng_Latn"}
    assert manifest.targets == {"pt": "por_Latn", "fr": "fra_Latn"}


def test_without_the_extra_the_command_to_install_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_pool.catalog.convert.util.find_spec", lambda name: None)
    with pytest.raises(ConversionFailed, match=r'pip install "babelpool\[convert\]"'):
        pull(NAME, tmp_path, load_tokenizer)


def test_pulling_again_replaces_the_earlier_one(served: FakeHub, tmp_path: Path) -> None:
    first = pull(NAME, tmp_path, load_tokenizer)
    second = pull(NAME, tmp_path, load_tokenizer, PullOptions(quantization=Quantization.FLOAT32))
    assert Catalog(tmp_path).resolve(NAME).digest == second.digest != first.digest
    assert not first.path.exists()


def test_sharded_weights_are_put_together(hub: FakeHub, tmp_path: Path, opus: Path) -> None:
    import transformers

    sharded = tmp_path / "sharded"
    sharded.mkdir()
    for path in opus.iterdir():
        if path.suffix != ".safetensors":
            (sharded / path.name).write_bytes(path.read_bytes())
    transformers.AutoModelForSeq2SeqLM.from_pretrained(opus).save_pretrained(sharded, max_shard_size="100KB")
    assert len(list(sharded.glob("*.safetensors"))) > 1
    hub.repositories[NAME] = HubRepository({"main": sharded})
    whole = HubRepository({"main": opus})
    digest = pull(NAME, tmp_path / "data", load_tokenizer).digest
    hub.repositories[NAME] = whole
    assert pull(NAME, tmp_path / "data", load_tokenizer).digest == digest


def test_a_full_or_foreign_data_directory_is_one_sentence(served: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageFailed, match="--data-dir"):
        pull(NAME, tmp_path / "file", load_tokenizer)


def test_a_tokenizer_that_reads_otherwise_is_refused(served: FakeHub, tmp_path: Path) -> None:
    class Otherwise:
        def encode(self, text: str, source: str, target: str) -> EncodedSegment:
            return EncodedSegment(("</s>",))

    with pytest.raises(ConversionFailed, match="cannot be read as in its training"):
        pull(NAME, tmp_path, lambda *_: Otherwise())
    assert Catalog(tmp_path).references() == ("embedded/en-pt", "embedded/pt-en")
