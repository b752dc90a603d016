from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import torch

from model_pool.workshop.artifact import Artifact, Kind, open_artifact
from model_pool.workshop.data.batches import Example
from model_pool.workshop.distil.objective import self_attention
from model_pool.workshop.distil.saved import Saved, read_saved, write_saved
from model_pool.workshop.distil.step import STEP, DistilOptions
from model_pool.workshop.errors import ArtifactInvalid, DataInvalid, RecipeInvalid, TrainingDiverged
from model_pool.workshop.models.trainable import Trainable, embedding, load_trainable
from model_pool.workshop.progress import Silent
from model_pool.workshop.step import Estimate
from model_pool.workshop.student.making import student_of
from model_pool.workshop.student.step import StudentOptions
from model_pool.workshop.teachers.marian import load_marian
from model_pool.workshop.teachers.padded import pad_batch
from model_pool.workshop.teachers.parts import Parts, Wanted
from model_pool.workshop.workspace import Workspace
from tests.model_pool.workshop.models.making import number_pairs, tiny_trainable, tiny_words, write_trainable
from tests.model_pool.workshop.teachers.making import WIDTH, write_marian

Inputs = dict[str, Artifact]

FROZEN = ("model.encoder.*", "model.shared.*")


def options(**given: Any) -> DistilOptions:  # noqa: ANN401 - of each option its own type
    base: dict[str, Any] = {
        "max_steps": 12, "batch_tokens": 120, "gold_tokens": 60, "frequent": 0, "share": 1.0, "warmup": 3,
        "learning_rate": 3e-3, "validate_every": 6, "valid_pairs": 12, "longest": 40, "freeze": FROZEN,
    }  # fmt: skip
    return DistilOptions(**base | given)


def corpus(directory: Path) -> Artifact:
    directory.mkdir()
    for split, count in (("train", 150), ("valid", 12)):
        lines = [f"{source}\t{target}\n" for source, target in number_pairs(count, seed=count, longest=3)]
        (directory / f"{split}.tsv").write_text("".join(lines))
    return open_artifact([directory])


@pytest.fixture
def inputs(tmp_path: Path, skilled: Path) -> Inputs:
    """A teacher that knows numbers, and a student of it whose decoder's weights are shaken."""
    teacher = load_trainable(skilled)
    student = student_of(teacher, StudentOptions(), seed=1)
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in student.model.named_parameters():
            if "decoder.layers" in name and weight.dim() == 2:
                weight.add_(1.2 * weight.std() * torch.randn_like(weight))
    given = {"student": write_trainable(tmp_path / "student", student), "teacher": skilled}
    return {name: open_artifact([path]) for name, path in given.items()} | {"corpus": corpus(tmp_path / "corpus")}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "build")


def figures_of(artifact: Artifact) -> dict[str, Any]:
    assert artifact.lineage is not None
    return artifact.lineage.figures


def weights_of(artifact: Artifact) -> dict[str, torch.Tensor]:
    return load_trainable(artifact.path).model.state_dict()


def same(first: Artifact, second: Artifact) -> bool:
    ours, theirs = weights_of(first), weights_of(second)
    return all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_student_comes_nearer_to_its_teacher(workspace: Workspace, inputs: Inputs) -> None:
    artifact = workspace.make(STEP, inputs, options(max_steps=40, validate_every=20, attention=0.2)).artifact
    assert artifact.kind is Kind.TRAINABLE
    figures = figures_of(artifact)
    first, *_, last = figures["history"]
    assert [row["step"] for row in figures["history"]] == [0, 20, 40]
    assert last["valid_cross_entropy"] < 0.7 * first["valid_cross_entropy"]
    assert last["valid_agreement"] > first["valid_agreement"]
    middle = figures["history"][1]
    for name in ("loss", "sequence", "tokens", "logits", "layers", "attention"):
        assert last[name] < middle[name], name
    assert figures["encoder_computed_once"] is True
    assert 0 < figures["states_from_memory"] < 1


def test_frozen_weights_stay_and_the_others_move(workspace: Workspace, inputs: Inputs) -> None:
    made = weights_of(workspace.make(STEP, inputs, options(max_steps=2)).artifact)
    before = load_trainable(inputs["student"].path).model.state_dict()
    for name, weight in made.items():
        still = ".encoder." in name or "shared" in name or "embed" in name or "lm_head" in name or "bias" in name
        if not still or name.startswith("model.encoder"):
            assert torch.equal(weight, before[name]) == still, name


@pytest.mark.parametrize("loss", ["sequence", "tokens", "logits", "layers", "attention"])
def test_each_loss_falls_alone(workspace: Workspace, inputs: Inputs, loss: str) -> None:
    alone = dict.fromkeys(("sequence", "tokens", "logits", "layers", "attention"), 0.0) | {loss: 1.0}
    made = workspace.make(STEP, inputs, options(max_steps=24, validate_every=8, **alone)).artifact
    history = figures_of(made)["history"]
    assert history[-1][loss] < history[1][loss]
    others = {"sequence", "tokens", "logits", "layers", "attention"} - {loss}
    assert not others & set(history[-1])


def test_gold_pairs_are_learned_whatever_the_teacher_says(workspace: Workspace, inputs: Inputs, tmp_path: Path) -> None:
    gold = tmp_path / "gold.tsv"
    gold.write_text("one\t9\nfive six\t0 0\n")
    given = inputs | {"gold_pairs": open_artifact([gold])}
    asked = options(
        max_steps=60, gold=2.0, learning_rate=5e-3, validate_every=60, freeze=("model.encoder.*",), logits=0
    )
    artifact = workspace.make(STEP, given, asked).artifact
    assert figures_of(artifact)["history"][-1]["gold"] < 2
    student = load_trainable(artifact.path)
    before = load_trainable(inputs["student"].path)
    pairs = [Example(student.words.encode("one"), student.words.encode_target("9"))]
    assert likelihood(student, pairs) > likelihood(before, pairs) + 1


def test_decoder_still_starts_from_zero_where_the_embeddings_learn(
    workspace: Workspace, inputs: Inputs, tmp_path: Path
) -> None:
    before = load_trainable(inputs["student"].path)
    with torch.no_grad():
        embedding(before.model)[before.words.decoder_start] = 0
    given = inputs | {"student": open_artifact([write_trainable(tmp_path / "from-zero", before)])}
    asked = options(max_steps=3, freeze=("model.encoder.*",), logits=0)
    student = load_trainable(workspace.make(STEP, given, asked).artifact.path)
    assert not torch.equal(embedding(student.model), embedding(before.model))
    assert not embedding(student.model)[student.words.decoder_start].any()


@torch.inference_mode()
def likelihood(one: Trainable, pairs: list[Example]) -> float:
    one.model.train(mode=False)
    parts, batch = Parts(one.model), pad_batch(pairs, one.words.pad)
    scores = parts.project(parts.decode(batch, parts.encode(batch)).last).log_softmax(-1)
    return float(scores.gather(-1, batch.target[..., None]).mean())


def test_self_attention_takes_the_place_of_a_running_average(workspace: Workspace, tmp_path: Path) -> None:
    teacher = write_marian(tmp_path / "teacher")
    student = write_trainable(tmp_path / "student", student_of(load_marian(teacher), StudentOptions(), seed=1))
    given = {"teacher": open_artifact([teacher]), "student": open_artifact([student]), "corpus": corpus(tmp_path / "c")}
    asked = options(only="self-attention", freeze=(), max_steps=40, validate_every=20, learning_rate=1e-2)
    made = workspace.make(STEP, given, asked).artifact
    middle, last = figures_of(made)["history"][1:]
    for layer in ("layer_0", "layer_1"):
        assert last[layer] < middle[layer] < 1
    assert figures_of(made)["trained_parameters"] == 2 * (4 * WIDTH * (WIDTH + 1) + 2 * WIDTH)
    before = load_trainable(student).model.state_dict()
    moved = {name for name, weight in weights_of(made).items() if not torch.equal(weight, before[name])}
    assert moved
    assert all("decoder.layers" in name and ".self_attn" in name for name in moved)
    everything = options(max_steps=10, validate_every=5, attention=0.1)
    assert figures_of(workspace.make(STEP, given | {"student": made}, everything).artifact)["encoder_computed_once"]


def test_sublayer_alone_computes_what_it_does_in_the_whole_decoder() -> None:
    one = tiny_trainable(layers=2)
    one.model.train(mode=False)
    parts = Parts(one.model)
    batch = pad_batch([Example([3, 4, 5, 0], [6, 7, 8, 0]), Example([3, 0], [9, 0])], one.words.pad)
    wanted = Wanted([f"layers.{index}.self_attn_layer_norm" for index in (0, 1)], ["layers.0", "layers.1"])
    states = parts.decode(batch, parts.encode(batch), wanted)
    for index in (0, 1):
        alone = self_attention(parts.layers[index], states.inputs[f"layers.{index}"])
        torch.testing.assert_close(alone, states.outputs[f"layers.{index}.self_attn_layer_norm"])


def test_student_of_another_shape_learns_from_tokens(
    workspace: Workspace, inputs: Inputs, skilled: Path, tmp_path: Path
) -> None:
    small = student_of(load_trainable(skilled), StudentOptions(d_model=16, ffn=24), seed=1)
    given = inputs | {"student": open_artifact([write_trainable(tmp_path / "small", small)])}
    asked = options(layers=0, logits=0, freeze=(), max_steps=40, validate_every=20)
    history = figures_of(workspace.make(STEP, given, asked).artifact)["history"]
    assert history[-1]["tokens"] < history[1]["tokens"]
    with pytest.raises(RecipeInvalid, match="16 wide and the teacher 32"):
        workspace.make(STEP, given, options())


def test_without_a_teacher_the_corpus_alone_is_learned(workspace: Workspace, inputs: Inputs) -> None:
    alone = {name: one for name, one in inputs.items() if name != "teacher"}
    asked = {"tokens": 0, "logits": 0, "layers": 0, "sequence": 1}
    history = figures_of(workspace.make(STEP, alone, options(**asked)).artifact)["history"]
    assert "valid_agreement" not in history[-1]
    assert history[-1]["sequence"] < history[1]["sequence"]
    with pytest.raises(RecipeInvalid, match="tokens, logits, layers need a teacher"):
        workspace.make(STEP, alone, options())


class Killed(BaseException):
    """Nobody catches it, as nobody catches kill -9."""


class Stops(Silent):
    def __init__(self, at: str) -> None:
        self._at = at

    def say(self, message: str) -> None:
        if message.startswith(f"step {self._at} "):
            raise Killed


@pytest.mark.parametrize("extra", [{}, {"average": 0.9, "keep": "average", "dropout": 0.1}, {"keep": "best"}])
def test_interrupted_run_ends_where_an_uninterrupted_one_does(
    tmp_path: Path, inputs: Inputs, extra: dict[str, Any]
) -> None:
    asked = options(
        max_steps=9, validate_every=3, save_minutes=0, cache_gb=0, frequent=10, random=5, share=0.5, longest=3, **extra
    )
    whole = Workspace(tmp_path / "whole").make(STEP, inputs, asked).artifact
    with pytest.raises(Killed):
        Workspace(tmp_path / "build", Stops("6")).make(STEP, inputs, asked)
    artifact = Workspace(tmp_path / "build").make(STEP, inputs, asked).artifact
    assert figures_of(artifact)["updates"] == 9
    assert figures_of(artifact)["left_out"] == figures_of(whole)["left_out"] != {}
    assert same(artifact, whole)


def test_killed_process_leaves_a_state_to_go_on_from(tmp_path: Path, inputs: Inputs) -> None:
    asked = options(max_steps=8, save_minutes=0)
    paths = {name: str(artifact.path) for name, artifact in inputs.items()}
    script = f"""
        import os, signal
        from pathlib import Path
        from model_pool.workshop.artifact import open_artifact
        from model_pool.workshop.distil import loop
        from model_pool.workshop.distil.step import STEP, DistilOptions
        from model_pool.workshop.workspace import Workspace

        write = loop.write_saved

        def write_and_die(scratch, saved):
            write(scratch, saved)
            if saved.step == 5:
                os.kill(os.getpid(), signal.SIGKILL)

        loop.write_saved = write_and_die
        inputs = {{name: open_artifact([Path(path)]) for name, path in {paths!r}.items()}}
        Workspace(Path({str(tmp_path / "build")!r})).make(STEP, inputs, DistilOptions(**{asked.model_dump()!r}))
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False, env=dict(os.environ))
    assert killed.returncode == -signal.SIGKILL
    (scratch,) = (tmp_path / "build" / ".partial").glob("*/scratch")
    saved = read_saved(scratch)
    assert saved is not None
    assert saved.step == 5
    figures = figures_of(Workspace(tmp_path / "build").make(STEP, inputs, asked).artifact)
    assert figures["updates"] == 8


def test_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_saved(tmp_path) is None
    saved = Saved(
        step=3, seconds=1.5, student={"a": torch.ones(2)}, history=[{"step": 0}], random=torch.get_rng_state()
    )
    write_saved(tmp_path, saved)
    read = read_saved(tmp_path)
    assert read is not None
    assert (read.step, read.seconds, read.history) == (3, 1.5, [{"step": 0}])
    assert torch.equal(read.student["a"], saved.student["a"])


def test_average_and_blend_are_between_the_student_before_and_after(tmp_path: Path, inputs: Inputs) -> None:
    asked: dict[str, dict[str, Any]] = {"last": {}, "average": {"keep": "average"}, "half": {"blend": 0.5}}
    made = {
        name: Workspace(tmp_path / name).make(STEP, inputs, options(average=0.9, **extra)).artifact
        for name, extra in asked.items()
    }
    name = "model.decoder.layers.0.fc1.weight"
    before = load_trainable(inputs["student"].path).model.state_dict()[name]
    last, average, half = (weights_of(made[one])[name] for one in ("last", "average", "half"))
    assert not torch.equal(last, average)
    assert (average - before).norm() < (last - before).norm()
    torch.testing.assert_close(half, (before + last) / 2)


def test_best_weights_are_those_of_the_best_look(workspace: Workspace, inputs: Inputs) -> None:
    bad = options(
        max_steps=6, validate_every=3, learning_rate=1.0, warmup=0, schedule="constant", clip=1e9, keep="best"
    )
    artifact = workspace.make(STEP, inputs, bad).artifact
    history = figures_of(artifact)["history"]
    assert history[0]["valid_cross_entropy"] == min(row["valid_cross_entropy"] for row in history)
    before = load_trainable(inputs["student"].path).model.state_dict()
    assert all(torch.equal(weight, before[name]) for name, weight in weights_of(artifact).items())


def test_loss_that_is_no_number_is_said(workspace: Workspace, inputs: Inputs) -> None:
    wild = options(learning_rate=1e30, warmup=0, schedule="constant", clip=1e30)
    with pytest.raises(TrainingDiverged, match=r"After \d+ updates the loss is .* lower learning_rate"):
        workspace.make(STEP, inputs, wild)
    assert [path.name for path in workspace.root.iterdir()] == [".partial"]


def test_time_limit_ends_a_run(workspace: Workspace, inputs: Inputs) -> None:
    figures = figures_of(workspace.make(STEP, inputs, options(max_steps=0, max_minutes=0.01)).artifact)
    assert figures["updates"] >= 1
    assert figures["minutes"] >= 0.01


def test_bfloat16_learns_too(workspace: Workspace, inputs: Inputs) -> None:
    history = figures_of(workspace.make(STEP, inputs, options(precision="bfloat16", max_steps=24)).artifact)["history"]
    assert history[-1]["loss"] < history[1]["loss"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"max_steps": 0}, "Say when to stop"),
        ({"keep": "average"}, "set average"),
        ({"freeze": ("model.encodr.*",)}, r"no weight is called model\.encodr"),
        ({"freeze": ("*",)}, "nothing is left to train"),
        ({"freeze": ()}, r"freeze model\.shared"),
        ({"layer_pairs": ("layers.0",)}, "is no pair"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    workspace: Workspace, inputs: Inputs, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(RecipeInvalid, match=message):
        workspace.make(STEP, inputs, options(**given))


def test_layer_that_is_not_there_is_refused(workspace: Workspace, inputs: Inputs) -> None:
    with pytest.raises(ArtifactInvalid, match=r"no 'layers\.5'"):
        workspace.make(STEP, inputs, options(layer_pairs=("layers.5=layers.0",)))


def test_inputs_that_do_not_suit_one_another_are_refused(workspace: Workspace, inputs: Inputs, tmp_path: Path) -> None:
    words = tiny_words([("other words", "outras palavras"), ("some more of them", "mais algumas delas")], size=40)
    other = open_artifact([write_trainable(tmp_path / "other", tiny_trainable(words))])
    with pytest.raises(RecipeInvalid, match="another vocabulary"):
        workspace.make(STEP, inputs | {"teacher": other}, options())
    (tmp_path / "bare.tsv").write_text("one\t1\n")
    bare = open_artifact([tmp_path / "bare.tsv"])
    with pytest.raises(RecipeInvalid, match="no valid split"):
        workspace.make(STEP, inputs | {"corpus": bare}, options())
    (tmp_path / "long.tsv").write_text("one two three\t1 2 3\n")
    with pytest.raises(DataInvalid, match="None of the 1 valid pairs has 2 tokens"):
        workspace.make(STEP, inputs | {"valid": open_artifact([tmp_path / "long.tsv"])}, options(longest=2))
    workspace.make(STEP, inputs | {"corpus": bare, "valid": inputs["corpus"]}, options(max_steps=2))


def test_dry_run_tells_time_memory_and_disk(workspace: Workspace, inputs: Inputs, tmp_path: Path) -> None:
    def estimated(given: Inputs, **changes: object) -> Estimate:
        found = workspace.estimate(STEP, given, options(**changes))
        assert found is not None
        return found

    plain, gold = estimated(inputs, max_steps=100, cache_gb=1), tmp_path / "gold.tsv"
    gold.write_text("one\t9\n")
    assert plain.seconds
    assert plain.memory_bytes
    assert plain.memory_bytes > 1e9
    assert "weights" in plain.notes[0]
    assert estimated(inputs, max_steps=200).seconds == pytest.approx(2 * plain.seconds)
    thawed = estimated(inputs, max_steps=100, freeze=("model.shared.*",))
    golden = estimated(inputs | {"gold_pairs": open_artifact([gold])}, max_steps=100)
    alone = estimated({name: one for name, one in inputs.items() if name != "teacher"}, max_steps=100)
    assert thawed.seconds
    assert golden.seconds
    assert alone.seconds
    assert alone.seconds < plain.seconds < min(thawed.seconds, golden.seconds)
    assert estimated(inputs, max_steps=0, max_minutes=2).seconds == 120
