from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional
from transformers.modeling_outputs import Seq2SeqLMOutput

from model_pool.errors import StorageFailed
from model_pool.workshop.artifact import Artifact, Kind, open_artifact
from model_pool.workshop.errors import DataInvalid, DoesNotFit, ExtraMissing, RecipeInvalid, TrainingDiverged
from model_pool.workshop.models.languages import Languages
from model_pool.workshop.models.trainable import load_trainable
from model_pool.workshop.train import session
from model_pool.workshop.train.feed import IGNORED
from model_pool.workshop.train.judging import translate
from model_pool.workshop.train.step import STEP, TrainOptions
from model_pool.workshop.train.trainer import Trainer, smoothed_loss
from model_pool.workshop.workspace import Workspace
from tests.model_pool.workshop.models.making import number_pairs, tiny_trainable, write_trainable
from tests.model_pool.workshop.train.running import TINY, figures, inputs_in, train, write_corpus


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Artifact]:
    return inputs_in(tmp_path)


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return tmp_path / "build"


def history(made: Artifact) -> list[dict[str, object]]:
    told: list[dict[str, object]] = json.loads((made.path / "history.json").read_text())
    return told


def weights(made: Artifact) -> dict[str, torch.Tensor]:
    return load_file(made.path / "model.safetensors")


def same(left: Artifact, right: Artifact) -> bool:
    ours, theirs = weights(left), weights(right)
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.slow
def test_new_model_learns_a_small_language(build: Path, inputs: dict[str, Artifact]) -> None:
    made = train(
        build, inputs, max_steps=400, d_model=64, ffn=128, dropout=0, label_smoothing=0, ema=0.9, batch_tokens=600,
        warmup=40, learning_rate=2e-3, evaluate_every=200, save_every=200,
    )  # fmt: skip
    assert made.kind is Kind.TRAINABLE
    assert figures(made)["perplexity"] < 2
    read = load_trainable(made.path)
    assert read.languages == Languages(("en",), ("pt",))
    asked = number_pairs(20, seed=7, longest=3)
    answers = translate(read.model, read.words, [source for source, _ in asked], 200)
    assert sum(answer == target for answer, (_, target) in zip(answers, asked, strict=True)) >= 10


def test_result_tells_what_happened(build: Path, inputs: dict[str, Artifact]) -> None:
    made = train(build, inputs)
    told = figures(made)
    assert (told["steps"], told["stopped_by"]) == (12, "max_steps")
    assert told["tokens"] > 0
    losses = [one for one in history(made) if "loss" in one]
    judged = [one for one in history(made) if "perplexity" in one]
    assert [one["step"] for one in losses] == [3, 4, 6, 8, 9, 12]
    assert [one["step"] for one in judged] == [6, 12]
    assert told["perplexity"] == round(min(float(str(one["perplexity"])) for one in judged), 4)
    assert all({"bleu", "chrf"} <= one.keys() and len(one["samples"]) == 2 for one in judged)  # type: ignore[arg-type]


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_killed_run_ends_as_an_undisturbed_one(tmp_path: Path, inputs: dict[str, Artifact], ema: float) -> None:
    undisturbed = train(tmp_path / "whole", inputs, ema=ema, accumulate=2)
    script = f"""
        import os, signal
        from pathlib import Path
        import torch
        torch.set_num_threads(1)
        from model_pool.workshop.train import keeping
        from tests.model_pool.workshop.train.running import inputs_in, train

        follow = keeping.Keeper.on_step_end
        def die_at_ten(keeper, arguments, state, control, **given):
            if state.global_step == 10:
                os.kill(os.getpid(), signal.SIGKILL)
            return follow(keeper, arguments, state, control, **given)
        keeping.Keeper.on_step_end = die_at_ten
        train(Path({str(tmp_path / "killed")!r}), inputs_in(Path({str(tmp_path)!r})), ema={ema}, accumulate=2)
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert killed.returncode == -signal.SIGKILL
    states = next((tmp_path / "killed" / ".partial").iterdir()) / "scratch" / "states"
    assert sorted(path.name for path in states.iterdir()) == ["checkpoint-4", "checkpoint-8"]
    (states / "checkpoint-9").mkdir()
    (states / "checkpoint-9" / "model.safetensors").write_bytes(b"half written")
    resumed = train(tmp_path / "killed", inputs, ema=ema, accumulate=2)
    assert same(undisturbed, resumed)
    assert history(undisturbed) == history(resumed)
    assert {**figures(undisturbed), "seconds": 0, "tokens_per_second": 0} == {
        **figures(resumed), "seconds": 0, "tokens_per_second": 0,
    }  # fmt: skip


def test_same_seed_gives_the_same_weights_and_another_one_others(tmp_path: Path, inputs: dict[str, Artifact]) -> None:
    first = train(tmp_path / "a", inputs, max_steps=3)
    assert same(first, train(tmp_path / "b", inputs, max_steps=3))
    options = TrainOptions.model_validate({**TINY, "max_steps": 3})
    other = Workspace(tmp_path / "c").make(STEP, inputs, options, seed=2).artifact
    assert not same(first, other)


def test_loss_of_accumulated_batches_is_that_of_one_large_batch() -> None:
    logits, labels = torch.randn(6, 5, 11), torch.randint(0, 11, (6, 5))
    labels[0, 2:] = labels[4, 1:] = IGNORED
    loss, count = smoothed_loss(0.1), (labels != IGNORED).sum()
    whole = loss(Seq2SeqLMOutput(logits=logits), labels, count)
    parts = sum(loss(Seq2SeqLMOutput(logits=logits[rows]), labels[rows], count) for rows in (slice(0, 2), slice(2, 6)))
    assert torch.allclose(whole, torch.as_tensor(parts))
    kept = labels != IGNORED
    assert torch.allclose(whole, functional.cross_entropy(logits[kept], labels[kept], label_smoothing=0.1))


def test_average_is_what_is_kept_and_differs_from_the_last_weights(tmp_path: Path, inputs: dict[str, Artifact]) -> None:
    plain = train(tmp_path / "a", inputs, keep="last")
    averaged = train(tmp_path / "b", inputs, keep="last", ema=0.9)
    assert not same(plain, averaged)
    losses = [[one["loss"] for one in history(made) if "loss" in one] for made in (plain, averaged)]
    assert losses[0] == losses[1]


def test_checkpoint_is_trained_on_and_what_is_frozen_stays(tmp_path: Path, inputs: dict[str, Artifact]) -> None:
    write_trainable(tmp_path / "start", tiny_trainable())
    model = open_artifact([tmp_path / "start"])
    start = {"corpus": inputs["corpus"], "model": model}
    made = train(tmp_path / "build", start, freeze=("model.encoder.*",), keep="last")
    before, after = load_file(tmp_path / "start" / "model.safetensors"), weights(made)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert not any(name.startswith("model.encoder.layers") for name in changed)
    assert any(name.startswith("model.decoder.layers") for name in changed)
    with pytest.raises(RecipeInvalid, match=r"no weight is called decoder\.\*"):
        train(tmp_path / "build", start, freeze=("decoder.*",))


def test_training_stops_when_nothing_becomes_better(build: Path, inputs: dict[str, Artifact]) -> None:
    made = train(build, inputs, learning_rate=1e-12, evaluate_every=1, patience=2, metric="chrf", max_steps=50)
    assert figures(made)["steps"] == 3
    assert figures(made)["stopped_by"] == "chrf did not become better 2 times"
    assert figures(made)["kept_step"] == 1


def test_training_stops_when_its_time_is_over(build: Path, inputs: dict[str, Artifact]) -> None:
    made = train(build, inputs, max_steps=0, max_minutes=0.02)
    assert figures(made)["stopped_by"] == "max_minutes"
    assert figures(made)["seconds"] >= 1.2


def test_stages_follow_one_another_for_their_shares(tmp_path: Path, inputs: dict[str, Artifact]) -> None:
    write_corpus(tmp_path / "later", seed=8)
    both = open_artifact([tmp_path / "corpus", tmp_path / "later"])
    staged = train(tmp_path / "a", inputs | {"corpus": both}, stages=(0.5, 0.5), max_steps=4, keep="last")
    first = train(tmp_path / "b", inputs, max_steps=2, schedule="constant", keep="last")
    joined = train(tmp_path / "c", inputs | {"corpus": both}, max_steps=4, keep="last")
    assert not same(staged, joined)
    assert figures(first)["tokens"] < figures(staged)["tokens"]
    with pytest.raises(RecipeInvalid, match="1 stages are given for 2 corpora"):
        train(tmp_path / "d", inputs | {"corpus": both}, stages=(1,))


def test_lower_precision_and_gradient_checkpointing_train_too(build: Path, inputs: dict[str, Artifact]) -> None:
    assert figures(train(build, inputs, precision="bf16", max_steps=2))["steps"] == 2
    plain = train(build, inputs, max_steps=2, dropout=0)
    assert same(plain, train(build, inputs, max_steps=2, dropout=0, gradient_checkpointing=True))
    with pytest.raises(RecipeInvalid, match="fp16 needs a GPU"):
        train(build, inputs, precision="fp16")


def test_corpus_without_valid_pairs_keeps_the_last_weights(tmp_path: Path, inputs: dict[str, Artifact]) -> None:
    write_corpus(tmp_path / "plain", valid=0)
    made = train(tmp_path / "build", inputs | {"corpus": open_artifact([tmp_path / "plain"])}, max_steps=2)
    assert figures(made)["kept_step"] == 2
    assert "perplexity" not in figures(made)


def test_diverged_training_says_where_and_leaves_its_last_state(
    build: Path, inputs: dict[str, Artifact], monkeypatch: pytest.MonkeyPatch
) -> None:
    compute = Trainer.compute_loss

    def break_at_six(trainer: Trainer, *given: object, **named: object) -> torch.Tensor:
        loss: torch.Tensor = compute(trainer, *given, **named)  # type: ignore[arg-type, assignment]
        return loss * (float("nan") if trainer.state.global_step == 6 else 1.0)

    monkeypatch.setattr(Trainer, "compute_loss", break_at_six)
    with pytest.raises(TrainingDiverged, match=r"loss is nan after 6 updates.*lower learning_rate"):
        train(build, inputs)
    assert [path.name for path in build.iterdir()] == [".partial"]
    assert list(build.glob(".partial/*/scratch/states/checkpoint-4/state.json"))
    monkeypatch.undo()
    assert figures(train(build, inputs))["steps"] == 12


def test_full_disk_is_said_and_the_run_goes_on_later(build: Path, inputs: dict[str, Artifact]) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(StorageFailed, match="cannot be written"):
            train(build, inputs)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert figures(train(build, inputs))["steps"] == 12


def test_disk_too_small_for_the_states_is_said_before(
    build: Path, inputs: dict[str, Artifact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session.shutil, "disk_usage", lambda _: session.shutil._ntuple_diskusage(1, 1, 1000))  # type: ignore[attr-defined]
    with pytest.raises(DoesNotFit, match="GB of disk"):
        train(build, inputs)


def test_vocabulary_that_does_not_suit_is_refused_with_an_example(tmp_path: Path, inputs: dict[str, Artifact]) -> None:
    (tmp_path / "greek.tsv").write_text("αβγδε ζηθ\t1 2\n")
    with pytest.raises(DataInvalid, match=r"vocabulary does not suit the corpus.*as in 'αβγδε ζηθ'"):
        train(tmp_path / "build", inputs | {"corpus": open_artifact([tmp_path / "greek.tsv"])})
    (tmp_path / "tagged.tsv").write_text(">>pt<< one\t1\n")
    with pytest.raises(DataInvalid, match=r"suit the corpus|>>pt<< is not in the vocabulary"):
        train(tmp_path / "build", inputs | {"corpus": open_artifact([tmp_path / "tagged.tsv"])}, unknown_limit=1)


@pytest.mark.parametrize(
    ("content", "says"),
    [("", "has no pair to learn from"), ("one\t1\ntwo\n", "line 2: 1 columns"), ("one\t\n", "is no pair")],
)
def test_corpus_that_cannot_be_learned_from_is_an_error(
    tmp_path: Path, inputs: dict[str, Artifact], content: str, says: str
) -> None:
    (tmp_path / "bad.tsv").write_text(content)
    with pytest.raises(DataInvalid, match=says):
        train(tmp_path / "build", inputs | {"corpus": open_artifact([tmp_path / "bad.tsv"])})


def test_options_that_contradict_are_refused() -> None:
    for wrong in ({"max_steps": 0}, {"heads": 5}, {"metric": "bleu", "translated": 0}, {"stages": (1.0, 0.0)}):
        with pytest.raises(ValueError, match=r"say when to stop|do not divide|needs translated|above 0"):
            TrainOptions.model_validate({**TINY, **wrong})


def test_model_and_tokenizer_exclude_each_other(build: Path, inputs: dict[str, Artifact]) -> None:
    with pytest.raises(RecipeInvalid, match="either a tokenizer, for a new model, or a model"):
        train(build, {"corpus": inputs["corpus"]})


def test_logs_for_tensorboard_are_kept_and_missing_libraries_named(build: Path, inputs: dict[str, Artifact]) -> None:
    made = train(build, inputs, max_steps=2, log_every=1, report_to="tensorboard")
    assert list((made.path / "logs").glob("events.out.tfevents.*"))
    with pytest.raises(ExtraMissing, match="needs wandb"):
        train(build, inputs, report_to="wandb")


def test_dry_run_tells_weights_time_memory_and_disk(build: Path, inputs: dict[str, Artifact]) -> None:
    estimate = Workspace(build).estimate(STEP, inputs, TrainOptions.model_validate(TINY))
    assert estimate is not None
    assert estimate.seconds
    assert estimate.memory_bytes
    assert estimate.disk_bytes
    assert "weights" in estimate.notes[0]
