from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_pool.workshop.artifact import Artifact, Kind, open_artifact
from model_pool.workshop.errors import RecipeInvalid, WorkshopError
from model_pool.workshop.evaluate.step import STEP, EvaluateOptions
from model_pool.workshop.workspace import Workspace

QUICK = EvaluateOptions(rounds=1, timed=5, bootstrap=50, alignment=True, page=8, samples=3, perplexity=True)


@pytest.fixture(scope="module")
def report(
    taught: Artifact, served: Artifact, numbers: Artifact, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    workspace = Workspace(tmp_path_factory.mktemp("report"))
    made = workspace.make(STEP, {"teacher": taught, "int8": served, "numbers": numbers}, QUICK).artifact
    assert made.kind is Kind.REPORT
    assert made.lineage is not None
    return made.path, made.lineage.figures


def test_every_model_is_scored_on_every_set(report: tuple[Path, dict[str, Any]]) -> None:
    _, figures = report
    scored = figures["sets"]["numbers"]
    assert (scored["sentences"], scored["references"], figures["base"]) == (20, True, "teacher")
    assert list(scored["models"]) == ["teacher", "int8"]
    for values in scored["models"].values():
        assert set(values) >= {
            "bleu", "chrf", "ter", "exact", "near", "perplexity", "bits_per_letter", "length_ratio", "omission",
            "repetition", "truncated", "base_chrf", "base_exact", "chrf_interval",
        }  # fmt: skip
        assert 1 < values["perplexity"] < 60
    assert scored["models"]["teacher"]["base_chrf"] == 100
    assert scored["models"]["int8"]["base_chrf"] > 80


def test_every_model_is_timed_and_weighed_in_its_own_process(report: tuple[Path, dict[str, Any]]) -> None:
    _, figures = report
    for model in figures["models"].values():
        speed = model["speed"]
        assert 0 < speed["latency_p50_ms"] <= speed["latency_p95_ms"]
        assert speed["sentences_s"] > 0
        assert speed["tokens_s"] > 0
        assert 0 <= speed["model_bytes"] < speed["rss"] <= speed["peak_rss"]
        assert model["bytes"] > 1000
    ours, torch = (figures["models"][name]["speed"]["rss"] for name in ("int8", "teacher"))
    assert ours < torch


def test_alignment_of_the_student_is_compared_with_the_teachers(report: tuple[Path, dict[str, Any]]) -> None:
    _, figures = report
    alignment = figures["models"]["int8"]["alignment"]
    assert alignment["tokens"] > 20
    assert 0 < alignment["total_variation"] < 0.1
    assert figures["models"]["teacher"]["alignment"] == {}


def test_report_has_tables_plots_samples_and_the_command(report: tuple[Path, dict[str, Any]]) -> None:
    directory, figures = report
    told = (directory / "report.md").read_text()
    for said in (
        "## numbers: 20 sentences",
        "| teacher |",
        "| int8 |",
        "p95 ms",
        "chrF to teacher",
        figures["command"],
    ):
        assert said in told
    for name in re.findall(r"!\[.*?\]\((.*?)\)", told):
        assert (directory / name).read_bytes().startswith(b"\x89PNG")
    assert told.count("![") == 2
    written = json.loads((directory / "report.json").read_text())
    assert {key: value for key, value in written.items() if key != "samples"} == figures
    assert figures["command"].startswith("babelpool workshop evaluate --with int8=")


def test_page_holds_the_sentences_and_asks_nobody_for_anything(report: tuple[Path, dict[str, Any]]) -> None:
    directory, _ = report
    page = (directory / "report.html").read_text()
    content = json.loads(re.search(r'type="application/json">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    assert len(content["rows"]) == 8
    assert list(content["rows"][0]["outputs"]) == content["models"] == ["teacher", "int8"]
    assert not re.search(r"https?://|src=|<link|@import|fetch\(", page.replace(json.dumps(content), ""))


def test_set_without_references_is_judged_by_the_base(tmp_path: Path, taught: Artifact, served: Artifact) -> None:
    (tmp_path / "plain.txt").write_text("one two\nthree\nfour five six\n")
    inputs = {"big": taught, "small": served, "plain": open_artifact([tmp_path / "plain.txt"])}
    options = EvaluateOptions(rounds=0, base="big")
    made = Workspace(tmp_path / "build").make(STEP, inputs, options).artifact
    assert made.lineage is not None
    values = made.lineage.figures["sets"]["plain"]["models"]["small"]
    assert "bleu" not in values
    assert "perplexity" not in values
    assert values["base_chrf"] > 50
    assert made.lineage.figures["models"]["small"]["speed"] == {}
    assert [path.name for path in made.path.glob("*.png")] == ["quality-size.png"]


def test_interrupted_evaluation_keeps_translations_and_times_anew(
    tmp_path: Path, served: Artifact, numbers: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model_pool.workshop.evaluate import evaluating

    workspace, inputs = Workspace(tmp_path / "build"), {"int8": served, "numbers": numbers}
    monkeypatch.setattr(evaluating, "write_report", _stop)
    with pytest.raises(KeyboardInterrupt):
        workspace.make(STEP, inputs, QUICK)
    [scratch] = (tmp_path / "build" / ".partial").glob("*/scratch")
    kept = {path.name: path.stat().st_mtime_ns for path in scratch.glob("*.answer.json")}
    assert set(kept) == {"translate.int8.answer.json", "round-0.int8.answer.json"}
    with pytest.raises(KeyboardInterrupt):
        workspace.make(STEP, inputs, QUICK)
    again = {path.name: path.stat().st_mtime_ns for path in scratch.glob("*.answer.json")}
    assert {name for name in kept if kept[name] != again[name]} == {"round-0.int8.answer.json"}


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_model_that_fails_is_named_with_its_own_words(tmp_path: Path, served: Artifact, numbers: Artifact) -> None:
    inputs = {"int8": served, "numbers": numbers}
    with pytest.raises(WorkshopError, match=r"translate\.int8: .* does not translate fr to anything"):
        Workspace(tmp_path / "build").make(STEP, inputs, EvaluateOptions(source="fr"))


@pytest.mark.parametrize(
    ("left", "options", "says"),
    [
        (("int8",), EvaluateOptions(), "needs a model and a test set"),
        (("numbers",), EvaluateOptions(), "needs a model and a test set"),
        (("int8", "numbers"), EvaluateOptions(base="other"), "base is 'other', and the models are: int8"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_runs(
    tmp_path: Path, served: Artifact, numbers: Artifact, left: tuple[str, ...], options: EvaluateOptions, says: str
) -> None:
    inputs = {name: artifact for name, artifact in {"int8": served, "numbers": numbers}.items() if name in left}
    with pytest.raises(RecipeInvalid, match=says):
        Workspace(tmp_path / "build").make(STEP, inputs, options)


def test_name_that_is_no_file_name_and_kind_that_is_no_model_are_refused(
    tmp_path: Path, served: Artifact, numbers: Artifact
) -> None:
    with pytest.raises(RecipeInvalid, match="cannot be a name here"):
        Workspace(tmp_path / "build").make(STEP, {"../int8": served, "numbers": numbers}, QUICK)
    report = replace(served, kind=Kind.REPORT)
    with pytest.raises(RecipeInvalid, match="'int8' is a report, and should be a servable or trainable or marian"):
        Workspace(tmp_path / "build").make(STEP, {"int8": report, "numbers": numbers}, QUICK)
