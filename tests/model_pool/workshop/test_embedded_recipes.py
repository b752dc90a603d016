"""The recipes of the embedded checkpoints, and the phrasebooks that they learn from."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from model_pool.workshop.recipe import read_recipe

RECIPES = Path(__file__).parents[3] / "recipes"
PHRASEBOOKS = sorted((RECIPES / "data" / "phrasebook").glob("*/*.tsv"))

_MARK = re.compile(r"[.!?]*$")


@pytest.mark.parametrize("direction", ["en-pt", "pt-en"])
def test_recipe_can_be_read_and_learns_nothing_that_it_holds_out(direction: str) -> None:
    stages = {stage.name: stage for stage in read_recipe(RECIPES / f"embedded-{direction}.toml").stages}
    assert list(stages)[-1] == "report"
    learned = {name for name, stage in stages.items() if stage.step.name == "corpus"} - {"phrases", "references"}
    assert learned
    for name in learned:
        assert "@phrases" in stages[name].inputs["held_out"], name
    read_for_learning = {given for stage in stages.values() if stage.step.name == "distil"
                         for given in (*stage.inputs["corpus"], *stage.inputs.get("gold_pairs", ()))}  # fmt: skip
    assert read_for_learning == {"@corpus", "@sentences", "@gold"}
    for name in read_for_learning:
        assert f"data/phrasebook/unseen/{direction}.tsv" in stages[name[1:]].inputs["held_out"], name


def test_both_recipes_are_one_but_for_the_direction() -> None:
    there, back = ((RECIPES / f"embedded-{direction}.toml").read_text() for direction in ("en-pt", "pt-en"))
    differing = [(one, other) for one, other in zip(there.splitlines(), back.splitlines(), strict=True) if one != other]
    about_direction = re.compile(
        r"en-pt|pt-en|enpt|pten|^reverse|^test = |^learning_rate|from-portuguese|Portuguese to English"
    )
    assert [pair for pair in differing if not about_direction.search(pair[1])] == []


@pytest.mark.parametrize("path", PHRASEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_phrasebook_has_two_clean_sides_that_end_alike(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines
    assert [line for line, count in Counter(lines).items() if count > 1] == []
    for line in lines:
        sides = line.split("\t")
        assert len(sides) == 2, line
        assert all(side and side == side.strip() and "  " not in side for side in sides), line
        assert _MARK.search(sides[0])[0][-1:] == _MARK.search(sides[1])[0][-1:], line  # type: ignore[index]
