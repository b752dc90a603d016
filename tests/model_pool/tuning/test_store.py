from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from model_pool.errors import StorageFailed
from model_pool.tuning.machine import Machine, this_machine
from model_pool.tuning.plan import Setting
from model_pool.tuning.store import Measured, TuningRecord, Tunings
from model_pool.types import Digest, ReplicaKey

KEY = ReplicaKey(Digest("d" * 64), "ctranslate2", "cpu", "int8_float32")
SETTING = Setting(1, 2, 16, 512)
MEASURED = Measured(
    text="sentences",
    beam_size=1,
    waiting_segments=64,
    seconds=60,
    sentences_per_second=120,
    rule_sentences_per_second=100,
    gain=0.2,
)


@pytest.fixture
def tunings(tmp_path: Path) -> Tunings:
    return Tunings(tmp_path)


def record(key: ReplicaKey = KEY, **update: Any) -> TuningRecord:  # noqa: ANN401
    return TuningRecord.of(key, SETTING, MEASURED).model_copy(update=update)


def test_what_was_saved_is_found_again(tunings: Tunings) -> None:
    tunings.save(record())
    found = tunings.find(KEY)
    assert found.record == record()
    assert found.record is not None
    assert found.record.setting == SETTING
    assert found.note == ""


def test_nothing_tuned_is_nothing_to_say(tunings: Tunings) -> None:
    assert tunings.find(KEY).record is None
    assert tunings.find(KEY).note == ""


@pytest.mark.parametrize(
    "other",
    [
        ReplicaKey(Digest("e" * 64), "ctranslate2", "cpu", "int8_float32"),
        ReplicaKey(KEY.digest, "fake", "cpu", "int8_float32"),
        ReplicaKey(KEY.digest, "ctranslate2", "cuda", "int8_float32"),
        ReplicaKey(KEY.digest, "ctranslate2", "cpu", "float32"),
    ],
)
def test_tuning_is_for_one_content_engine_device_and_compute_type(tunings: Tunings, other: ReplicaKey) -> None:
    tunings.save(record())
    assert tunings.find(other).record is None


def test_cards_of_one_machine_share_a_tuning(tunings: Tunings) -> None:
    first, second = (ReplicaKey(KEY.digest, "ctranslate2", device, "int8_float16") for device in ("cuda:0", "cuda:1"))
    tunings.save(record(first))
    assert tunings.find(second).record is not None


@pytest.mark.parametrize(
    "elsewhere",
    [{"processor": "Abacus 3000"}, {"cpus": 99}, {"engine_version": "0.1"}],
    ids=lambda one: next(iter(one)),
)
def test_tuning_of_another_machine_is_not_used_and_said(tunings: Tunings, elsewhere: dict[str, Any]) -> None:
    machine = this_machine("cpu", "ctranslate2").model_copy(update=elsewhere)
    tunings.save(record(machine=machine))
    found = tunings.find(KEY)
    assert found.record is None
    assert str(machine) in found.note
    assert "babelpool tune" in found.note


def test_machines_that_share_a_directory_do_not_overwrite_one_another(tunings: Tunings) -> None:
    other = Machine(processor="Abacus 3000", cpus=1, engine_version="0.1")
    assert tunings.save(record()) != tunings.save(record(machine=other, max_items=4))
    found = tunings.find(KEY).record
    assert found is not None
    assert found.max_items == 16
    assert len(tunings.of(KEY.digest)) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        json.dumps(record().model_dump() | {"tuning_version": 2}).encode(),
        json.dumps(record().model_dump() | {"inter_threads": 0}).encode(),
        json.dumps(record().model_dump() | {"surprise": 1}).encode(),
        json.dumps(record().model_dump() | {"digest": "e" * 64}).encode(),
    ],
)
def test_damaged_file_or_other_version_is_ignored_and_said(tunings: Tunings, content: bytes) -> None:
    path = tunings.save(record())
    path.write_bytes(content)
    found = tunings.find(KEY)
    assert found.record is None
    assert path.name in found.note


def test_directory_in_place_of_a_file_is_no_tuning(tunings: Tunings) -> None:
    path = tunings.save(record())
    path.unlink()
    path.mkdir()
    assert tunings.find(KEY).record is None
    assert tunings.of(KEY.digest) == []


def test_later_tuning_replaces_the_earlier_one_and_leaves_no_litter(tunings: Tunings) -> None:
    tunings.save(record())
    path = tunings.save(record(max_items=4))
    found = tunings.find(KEY).record
    assert found is not None
    assert found.max_items == 4
    assert list(path.parent.iterdir()) == [path]


def test_crash_while_writing_leaves_the_earlier_tuning(tunings: Tunings, monkeypatch: pytest.MonkeyPatch) -> None:
    tunings.save(record())

    def crash(*_: object) -> None:
        raise OSError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", crash)
        with pytest.raises(StorageFailed):
            tunings.save(record(max_items=4))
    found = tunings.find(KEY).record
    assert found is not None
    assert found.max_items == 16


def test_clear_forgets_all_of_a_checkpoint_and_nothing_else(tunings: Tunings) -> None:
    other = ReplicaKey(Digest("e" * 64), "ctranslate2", "cpu", "int8_float32")
    tunings.save(record())
    tunings.save(record(machine=Machine(processor="Abacus 3000", cpus=1, engine_version="")))
    tunings.save(record(other))
    assert tunings.clear(KEY.digest) == 2
    assert tunings.clear(KEY.digest) == 0
    assert tunings.find(KEY).record is None
    assert tunings.find(other).record is not None


def test_place_that_cannot_be_written_is_known_before_the_measuring(tmp_path: Path) -> None:
    (tmp_path / "tunings").write_bytes(b"in the way")
    with pytest.raises(StorageFailed, match="data-dir"):
        Tunings(tmp_path).check_writable(KEY.digest)


def test_fingerprint_is_stable_and_differs_with_each_part() -> None:
    machine = Machine(processor="a", cpus=1, engine_version="1")
    assert machine.fingerprint == Machine(processor="a", cpus=1, engine_version="1").fingerprint
    others = [machine.model_copy(update=one) for one in ({"processor": "b"}, {"cpus": 2}, {"engine_version": "2"})]
    assert len({one.fingerprint for one in [machine, *others]}) == 4
