from __future__ import annotations

from dataclasses import replace

from model_pool.workshop.evaluate.inputs import Contest, TestSet
from model_pool.workshop.evaluate.markdown import markdown
from model_pool.workshop.evaluate.page import page
from model_pool.workshop.evaluate.picking import pick_for_page, pick_interesting

SETS = (
    TestSet("a", tuple(f"a{place}" for place in range(20)), tuple("one two three" for _ in range(20))),
    TestSet("b", tuple(f"b{place}" for place in range(20)), None),
)
CONTEST = Contest({}, SETS, "first")
OUTPUTS = {
    "first": {one.name: ["one two three"] * 20 for one in SETS},
    "second": {one.name: ["one two three"] * 17 + ["one two", "one", "x | <b>y</b>"] for one in SETS},
}


def test_interesting_are_the_widest_apart_of_each_set_by_turns() -> None:
    rows = pick_interesting(CONTEST, OUTPUTS, 4)
    assert [row["source"] for row in rows] == ["a19", "b19", "a18", "b18"]
    assert [row["reference"] for row in rows] == ["one two three", None, "one two three", None]
    assert len(pick_interesting(CONTEST, OUTPUTS, 100)) == 6


def test_single_model_is_held_against_the_reference() -> None:
    only = {"second": OUTPUTS["second"]}
    assert [row["source"] for row in pick_interesting(CONTEST, only, 9)] == ["a19", "a18", "a17"]


def test_page_shows_ordinary_sentences_too_in_the_order_of_the_sets_and_always_the_same() -> None:
    rows = pick_for_page(CONTEST, OUTPUTS, 12, seed=1)
    assert rows == pick_for_page(CONTEST, OUTPUTS, 12, seed=1) != pick_for_page(CONTEST, OUTPUTS, 12, seed=2)
    assert sum(row["apart"] > 0 for row in rows) == 6
    assert len(rows) == 12
    assert [row["set"] for row in rows] == sorted(row["set"] for row in rows)
    assert len(pick_for_page(CONTEST, OUTPUTS, 300, seed=1)) == 40


FIGURES = {
    "command": "babelpool workshop evaluate",
    "machine": {"processor": "P", "cpus": 2, "engine_version": "4", "load_average": 0.1},
    "base": "first",
    "options": {"device": "cpu", "beam": 1, "threads": 1, "rounds": 1, "batch": 2, "bootstrap": 0},
    "models": {
        name: {"kind": "servable", "compute_type": "int8", "bytes": 1, "speed": {}, "alignment": {}}
        for name in ("first", "second")
    },
    "sets": {"a": {"sentences": 20, "references": True, "models": {"first": {"chrf": 50.0}, "second": {}}}},
}


def test_what_was_not_measured_leaves_an_empty_cell_or_no_column() -> None:
    told = markdown(FIGURES, [], [])
    assert "| first | 50.00 |\n| second |  |" in told
    assert "COMET" not in told
    assert "bootstrap" not in told


def test_signs_in_a_sentence_break_neither_table_nor_page() -> None:
    [row] = pick_interesting(replace(CONTEST, sets=SETS[:1]), OUTPUTS, 1)
    assert r"x \| \<b\>y\</b\>" in markdown(FIGURES, [row], [])
    shown = page(FIGURES, [row | {"source": "</script><script>alert(1)</script>"}])
    assert "alert(1)<" not in shown
    assert shown.count("</script>") == 2
