from __future__ import annotations

import fcntl
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from model_pool.errors import StorageFailed
from model_pool.workshop.artifact import Kind, open_artifact, verify
from model_pool.workshop.errors import ArtifactInvalid, RecipeInvalid, WorkshopError
from model_pool.workshop.step import Input
from model_pool.workshop.workspace import Workspace
from tests.model_pool.workshop.steps import STEP, UpperOptions

CORPUS = replace(STEP, output=Kind.CORPUS)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "build")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes.txt"
    path.write_text("some notes\n")
    return path


def test_step_writes_a_new_artifact_with_its_lineage(workspace: Workspace, notes: Path) -> None:
    source = open_artifact([notes])
    made = workspace.make(STEP, {"text": source}, UpperOptions(times=2), seed=7)
    assert not made.found
    assert (made.artifact.path / "text.txt").read_text() == "SOME NOTES\n" * 2
    lineage = made.artifact.lineage
    assert lineage is not None
    assert (lineage.step, lineage.seed, lineage.parents) == ("upper", 7, {"text": source.digest})
    assert lineage.options == {"times": 2, "fail": False, "words": []}
    assert lineage.figures == {"letters": 11, "runs": 1}
    assert "babelpool" in lineage.versions
    assert notes.read_text() == "some notes\n"


def test_same_work_is_found_and_not_done_again(workspace: Workspace, notes: Path) -> None:
    inputs = {"text": open_artifact([notes])}
    first = workspace.make(STEP, inputs, UpperOptions())
    second = workspace.make(STEP, inputs, UpperOptions())
    assert (second.found, second.artifact) == (True, first.artifact)


@pytest.mark.parametrize("change", ["options", "seed", "content", "version"])
def test_whatever_shapes_the_result_makes_another_one(workspace: Workspace, notes: Path, change: str) -> None:
    first = workspace.make(STEP, {"text": open_artifact([notes])}, UpperOptions())
    if change == "content":
        notes.write_text("some other notes\n")
    step = replace(STEP, version=2) if change == "version" else STEP
    options = UpperOptions(times=3 if change == "options" else 1)
    second = workspace.make(step, {"text": open_artifact([notes])}, options, seed=2 if change == "seed" else 1)
    assert not second.found
    assert second.artifact.path != first.artifact.path


def test_name_and_place_of_an_input_do_not_matter_but_the_name_of_its_files_does(tmp_path: Path) -> None:
    for name in ("a/notes.txt", "b/notes.txt", "a/other.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("same")
    a, b, other = (open_artifact([tmp_path / name]).digest for name in ("a/notes.txt", "b/notes.txt", "a/other.txt"))
    assert a == b != other


def test_run_that_was_cut_short_leaves_nothing_finished_and_goes_on(workspace: Workspace, notes: Path) -> None:
    inputs, options = {"text": open_artifact([notes])}, UpperOptions(fail=True)
    with pytest.raises(RuntimeError, match="in the middle"):
        workspace.make(STEP, inputs, options)
    assert [path.name for path in workspace.root.iterdir()] == [".partial"]
    made = workspace.make(STEP, inputs, options)
    assert made.artifact.lineage is not None
    assert made.artifact.lineage.figures["runs"] == 2
    assert not list((workspace.root / ".partial").iterdir())


def test_fresh_start_forgets_what_was_cut_short(workspace: Workspace, notes: Path) -> None:
    inputs, options = {"text": open_artifact([notes])}, UpperOptions(fail=True)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="in the middle"):
            workspace.make(STEP, inputs, options, fresh=True)


def test_killed_run_is_resumed_by_the_next_process(tmp_path: Path, notes: Path) -> None:
    script = f"""
        import os, signal
        from dataclasses import replace
        from pathlib import Path
        from model_pool.workshop.artifact import open_artifact
        from model_pool.workshop.workspace import Workspace
        from tests.model_pool.workshop.steps import STEP, UpperOptions

        def die(job):
            (job.scratch / "seen").write_text("1")
            (job.output / "half").write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)

        Workspace(Path({str(tmp_path / "build")!r})).make(
            replace(STEP, run=die), {{"text": open_artifact([Path({str(notes)!r})])}}, UpperOptions()
        )
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert killed.returncode == -9
    made = Workspace(tmp_path / "build").make(STEP, {"text": open_artifact([notes])}, UpperOptions())
    assert made.artifact.lineage is not None
    assert made.artifact.lineage.figures["runs"] == 2
    assert [path.name for path in made.artifact.path.iterdir() if path.name == "half"] == []


def test_two_processes_do_not_make_the_same_at_once(workspace: Workspace, notes: Path) -> None:
    inputs = {"text": open_artifact([notes])}
    partial = workspace.root / ".partial" / workspace.key(STEP, inputs, UpperOptions(), seed=1)
    partial.mkdir(parents=True)
    with (partial / "lock").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(WorkshopError, match="another process"):
            workspace.make(STEP, inputs, UpperOptions())


def test_full_disk_is_said_and_leaves_nothing_finished(workspace: Workspace, notes: Path) -> None:
    def fill(job: object) -> dict[str, object]:
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageFailed, match=r"No space left.*--workspace"):
        workspace.make(replace(STEP, run=fill), {"text": open_artifact([notes])}, UpperOptions())
    assert [path.name for path in workspace.root.iterdir()] == [".partial"]


def test_inputs_are_checked_before_anything_runs(workspace: Workspace, notes: Path, tmp_path: Path) -> None:
    source = open_artifact([notes])
    with pytest.raises(RecipeInvalid, match="needs the input 'text': what to read"):
        workspace.make(STEP, {}, UpperOptions())
    with pytest.raises(RecipeInvalid, match="no input 'txt'; it reads: text, other"):
        workspace.make(STEP, {"text": source, "txt": source}, UpperOptions())
    made = workspace.make(STEP, {"text": source}, UpperOptions())
    with pytest.raises(RecipeInvalid, match="'other' is a report, and should be a corpus"):
        workspace.make(STEP, {"text": source, "other": made.artifact}, UpperOptions())


def test_dry_run_tells_what_a_run_takes_and_writes_nothing(workspace: Workspace, notes: Path) -> None:
    inputs = {"text": open_artifact([notes])}
    estimate = workspace.estimate(STEP, inputs, UpperOptions(times=3))
    assert estimate is not None
    assert estimate.seconds == 3
    assert not workspace.root.exists()
    workspace.make(STEP, inputs, UpperOptions(times=3))
    assert workspace.estimate(STEP, inputs, UpperOptions(times=3)) is None


def test_changed_file_of_an_artifact_is_named(workspace: Workspace, notes: Path) -> None:
    artifact = workspace.make(STEP, {"text": open_artifact([notes])}, UpperOptions()).artifact
    verify(artifact)
    (artifact.path / "text.txt").write_text("forged")
    with pytest.raises(ArtifactInvalid, match=r"text\.txt is not what its record says"):
        verify(artifact)


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["manifest.json", "model.bin"], Kind.SERVABLE),
        (["config.json", "model.safetensors"], Kind.TRAINABLE),
        (["model.enpt.intgemm.alphas.bin", "vocab.enpt.spm"], Kind.MARIAN),
        (["source.spm", "target.spm"], Kind.TOKENIZER),
        (["a.tsv.gz"], Kind.CORPUS),
    ],
)
def test_kind_of_what_has_no_record_is_told_by_its_files(tmp_path: Path, names: list[str], kind: Kind) -> None:
    for name in names:
        (tmp_path / name).write_text("x")
    assert open_artifact([tmp_path]).kind is kind


def test_missing_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactInvalid, match=r"gone\.tsv"):
        open_artifact([tmp_path / "gone.tsv"])


def test_several_corpora_are_one_input_whose_order_and_contents_count(workspace: Workspace, notes: Path) -> None:
    parts = [
        tmp.artifact.path
        for tmp in (workspace.make(CORPUS, {"text": open_artifact([notes])}, UpperOptions(times=n)) for n in (1, 2))
    ]
    both = open_artifact([*parts, notes])
    assert (both.kind, both.paths) == (Kind.CORPUS, (*parts, notes))
    assert both.digest == open_artifact([*parts, notes]).digest != open_artifact([notes, *parts]).digest
    (notes.parent / "model").mkdir()
    (notes.parent / "model" / "manifest.json").write_text("{}")
    with pytest.raises(ArtifactInvalid, match="model is a servable; only corpora"):
        open_artifact([notes, notes.parent / "model"])


def test_step_may_read_others_under_names_of_ones_own(workspace: Workspace, notes: Path) -> None:
    source = open_artifact([notes])
    open_step = replace(STEP, others=Input((Kind.CORPUS,), "more to read"))
    inputs = {"text": source, "mine": source}
    made = workspace.make(open_step, inputs, UpperOptions()).artifact
    assert made.lineage is not None
    assert set(made.lineage.parents) == {"text", "mine"}
    renamed = workspace.make(open_step, {"text": source, "yours": source}, UpperOptions())
    assert not renamed.found
    with pytest.raises(RecipeInvalid, match="has no input 'mine'"):
        workspace.make(STEP, inputs, UpperOptions())
    with pytest.raises(RecipeInvalid, match="'mine' is a report, and should be a corpus"):
        workspace.make(open_step, {"text": source, "mine": replace(source, kind=Kind.REPORT)}, UpperOptions())
