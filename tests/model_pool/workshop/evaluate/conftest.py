from __future__ import annotations

import pytest

from model_pool.catalog.convert import Quantization
from model_pool.workshop.artifact import Artifact, open_artifact
from model_pool.workshop.quantize.step import STEP as QUANTIZE
from model_pool.workshop.quantize.step import QuantizeOptions
from model_pool.workshop.workspace import Workspace
from tests.model_pool.workshop.models.making import number_pairs, write_trainable
from tests.model_pool.workshop.models.teaching import taught_trainable


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """A trained checkpoint of transformers."""
    return open_artifact([write_trainable(tmp_path_factory.mktemp("taught") / "model", taught_trainable())])


@pytest.fixture(scope="session")
def served(taught: Artifact, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """The same, to be served in int8."""
    workspace = Workspace(tmp_path_factory.mktemp("served"))
    return workspace.make(QUANTIZE, {"model": taught}, QuantizeOptions(type=Quantization.INT8)).artifact


@pytest.fixture(scope="session")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """A test set with references."""
    path = tmp_path_factory.mktemp("numbers") / "numbers.tsv"
    path.write_text("".join(f"{source}\t{target}\n" for source, target in number_pairs(20, seed=5, longest=4)))
    return open_artifact([path])
