"""A plain `transformers` translation pipeline behind FastAPI; touches its work directory."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from benchmarks.checkpoints import find
from benchmarks.raw import Work
from benchmarks.rival_servers.rival import TORCH, Environment, Variant
from model_pool.devices import available_cpus

_APP = Path(__file__).with_name("transformers_app.py")


class TransformersPipeline:
    """What one writes in ten minutes: a pipeline, and a handler that calls it."""

    name = "transformers pipeline"
    note = (
        "RANDOM weights of the embedded student's size (6 + 2 layers of 256, float32), since the real ones are not to "
        "be had in that format; it is made to write as many tokens as it reads, so its speed is that of a real one"
    )

    def __init__(self, workdir: Path) -> None:
        self._directory = workdir / "transformers"
        self._environment = Environment(self._directory / "venv")

    def setup(self) -> None:
        # The translation pipeline went away with version 5.
        packages = ["transformers>=4.56,<5", "sentencepiece", "sacremoses", "fastapi", "uvicorn[standard]"]
        self._environment.install([TORCH], packages)

    def variants(self, work: Work, port: int) -> list[Variant]:
        python = self._environment.python
        checkpoint = find(work.reference)
        model = self._directory / f"model-{checkpoint.digest[:12]}"
        if not model.exists():
            spm = checkpoint.path / checkpoint.manifest.tokenizer.source
            subprocess.run([python, "-W", "ignore", str(_APP), "make", str(model), str(spm)], check=True)
        serve = [python, "-W", "ignore", str(_APP), "serve", str(model), str(port), str(work.beam_size)]
        offline = {"HF_HUB_OFFLINE": "1"}
        cpus = available_cpus()
        ways: list[tuple[str, list[str], dict[str, str]]] = [
            ("defaults", ["1"], {}),
            (f"{cpus} at once, 1 thread each", [str(cpus)], {"OMP_NUM_THREADS": "1"}),
        ]
        return [
            Variant(
                label=label,
                command=[*serve, *options],
                path="/translate",
                body=lambda text: json.dumps({"text": text}),
                cwd=self._directory,
                env=offline | more,
            )
            for label, options, more in ways
        ]
