from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from model_pool.workshop.artifact import Artifact
from model_pool.workshop.errors import DataInvalid, ExtraMissing, RecipeInvalid
from model_pool.workshop.models.trainable import load_trainable
from model_pool.workshop.train import trainer
from model_pool.workshop.train.launching import command
from model_pool.workshop.train.setup import Setup
from model_pool.workshop.train.step import TrainOptions
from model_pool.workshop.train.trainer import training_arguments
from tests.model_pool.workshop.train.running import TINY, figures, inputs_in, train


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Artifact]:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return inputs_in(tmp_path)


class Heard:
    def __init__(self) -> None:
        self.phases: list[str] = []
        self.done = 0.0

    def phase(self, name: str, total: float | None, unit: str = "") -> None:
        self.phases.append(name)

    def advance(self, amount: float, **figures: float) -> None:
        self.done += amount

    def say(self, message: str) -> None:
        pass


@pytest.mark.slow
def test_two_processes_share_the_batches_and_make_one_checkpoint(tmp_path: Path, inputs: dict[str, Artifact]) -> None:
    heard = Heard()
    made = train(tmp_path / "two", inputs, heard, processes=2, max_steps=4, ema=0.9)
    assert heard.phases == ["training"]
    assert heard.done == pytest.approx(4)
    alone = train(tmp_path / "one", inputs, max_steps=4)
    assert 1.5 < figures(made)["tokens"] / figures(alone)["tokens"] < 2.5
    assert load_trainable(made.path).words.size > 0


@pytest.mark.slow
def test_error_of_a_process_is_told_as_its_own_kind(tmp_path: Path, inputs: dict[str, Artifact]) -> None:
    lines = (tmp_path / "corpus" / "train.tsv").read_text()
    (tmp_path / "corpus" / "train.tsv").write_text(lines + "no pair\n")
    with pytest.raises(DataInvalid, match=r"train\.tsv, line 401"):
        train(tmp_path / "build", inputs, processes=2, max_steps=400, evaluate_every=400, save_every=400)


@pytest.mark.slow
def test_workers_end_with_the_workshop(tmp_path: Path, inputs: dict[str, Artifact]) -> None:
    script = f"""
        from pathlib import Path
        from tests.model_pool.workshop.train.running import inputs_in, train
        train(Path({str(tmp_path / "build")!r}), inputs_in(Path({str(tmp_path)!r})), processes=2, max_steps=100000)
    """
    workshop = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stderr=subprocess.DEVNULL)
    states = tmp_path / "build" / ".partial"
    until(lambda: list(states.glob("*/scratch/states/*/state.json")) != [])
    setup = str(next(states.glob("*/scratch/setup.json")))
    assert len(workers_of(setup)) >= 2
    os.kill(workshop.pid, signal.SIGKILL)
    workshop.wait()
    until(lambda: workers_of(setup) == [])


def until(true: object, seconds: float = 90) -> None:
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def workers_of(setup: str) -> list[str]:
    commands = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            commands.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return [one for one in commands if setup in one]


def setup_of(tmp_path: Path, **options: object) -> Setup:
    chosen = TrainOptions.model_validate({**TINY, **options})
    return Setup(
        corpora=(tmp_path,), valid=(), model=None, tokenizer=tmp_path, options=chosen, seed=1, scratch=tmp_path
    )


def test_launcher_is_told_of_processes_and_configuration(tmp_path: Path) -> None:
    given = tmp_path / "setup.json"
    plain = command(setup_of(tmp_path, processes=3), given)
    assert plain[1:6] == ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "3"]
    configured = command(setup_of(tmp_path, processes=4, accelerate_config=tmp_path / "four.yaml"), given)
    assert configured[1:5] == ["-m", "accelerate.commands.launch", "--config_file", str(tmp_path / "four.yaml")]
    assert configured[5:7] == ["--num_processes", "4"]


def test_configuration_of_deepspeed_reaches_the_trainer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: dict[str, object] = {}
    monkeypatch.setattr(trainer, "find_spec", lambda library: library)
    monkeypatch.setattr(trainer, "Seq2SeqTrainingArguments", lambda **given: taken.update(given))
    (tmp_path / "zero.json").write_text(json.dumps({"zero_optimization": {"stage": 3}}))
    chosen = {**TINY, "deepspeed": tmp_path / "zero.json"}
    training_arguments(TrainOptions.model_validate(chosen), tmp_path, 1)
    assert taken["deepspeed"] == str(tmp_path / "zero.json")
    with pytest.raises(RecipeInvalid, match="ema does not go with ZeRO's stage 3"):
        training_arguments(TrainOptions.model_validate({**chosen, "ema": 0.9}), tmp_path, 1)


def test_deepspeed_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "find_spec", lambda _: None)
    options = TrainOptions.model_validate({**TINY, "deepspeed": tmp_path / "zero.json"})
    with pytest.raises(ExtraMissing, match="the option deepspeed needs deepspeed"):
        training_arguments(options, tmp_path, 1)
