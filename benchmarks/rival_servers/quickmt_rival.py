"""quickmt from a clone of its repository, on the same CTranslate2 weights; touches its work directory."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.checkpoints import find
from benchmarks.raw import Work
from benchmarks.rival_servers.rival import Environment, Variant, link
from model_pool.devices import available_cpus

_APP = Path(__file__).with_name("quickmt_app.py")


class Quickmt:
    """It batches as Babelpool does, in one worker; its cache of translations is made too small to help."""

    name = "quickmt"
    note = "the same weights and beam; it has no option for the vocabulary map"

    def __init__(self, workdir: Path, clone: Path) -> None:
        self._clone = clone.resolve()
        self._directory = workdir / "quickmt"
        self._environment = Environment(self._directory / "venv")

    def setup(self) -> None:
        self._environment.install([str(self._clone)])

    def variants(self, work: Work, port: int) -> list[Variant]:
        python = self._environment.python
        checkpoint = find(work.reference)
        model = self._directory / f"model-{checkpoint.digest[:12]}"
        for name in checkpoint.manifest.files:
            link(checkpoint.path / name, model / name)
        link(checkpoint.path / checkpoint.manifest.tokenizer.source, model / "src.spm.model")
        link(checkpoint.path / checkpoint.manifest.tokenizer.target, model / "tgt.spm.model")
        ask = {"src_lang": work.source, "tgt_lang": work.target, "beam_size": work.beam_size}
        cpus = available_cpus()
        tuned = {"INTER_THREADS": str(cpus), "INTRA_THREADS": "1"}
        return [
            Variant(
                label=label,
                command=[python, "-W", "ignore", str(_APP), str(model), str(port), work.source, work.target],
                path="/api/translate",
                body=lambda text: json.dumps(ask | {"src": text}),
                cwd=self._directory,
                env={"TRANSLATION_CACHE_SIZE": "1", "HF_HUB_OFFLINE": "1"} | more,
            )
            for label, more in (("its defaults", {}), (f"inter {cpus} x intra 1", tuned))
        ]
