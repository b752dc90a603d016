"""COMET, where its library and a model of it are there; reads the model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib import import_module, util
from pathlib import Path
from typing import Any

from model_pool.workshop.errors import ArtifactInvalid, ExtraMissing


class Comet:
    """A COMET model that has been downloaded before; nothing is fetched, and it is loaded when it is first asked."""

    def __init__(self, directory: Path, device: str) -> None:
        if util.find_spec("comet") is None:
            raise ExtraMissing("COMET is not installed. Install it (pip install unbabel-comet), or leave --comet out.")
        found = sorted(directory.rglob("*.ckpt"))
        if len(found) != 1:
            raise ArtifactInvalid(f"{directory} has {len(found)} files *.ckpt; a COMET model has one.")
        self._path, self._cards = found[0], int(device.startswith("cuda"))

    def score(self, sources: Sequence[str], outputs: Sequence[str], references: Sequence[str]) -> float:
        """Return the system score, about 0 to 1."""
        triples = [
            {"src": source, "mt": output, "ref": reference}
            for source, output, reference in zip(sources, outputs, references, strict=True)
        ]
        return round(float(self._model.predict(triples, gpus=self._cards, progress_bar=False).system_score), 4)

    @cached_property
    def _model(self) -> Any:  # noqa: ANN401 - a class of COMET's
        return import_module("comet").load_from_checkpoint(str(self._path), local_files_only=True)
