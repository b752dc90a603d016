"""LibreTranslate from PyPI, offline, on the same CTranslate2 weights; touches its work directory.

Its packages are directories made here: metadata, the weights, SentencePiece, and an empty spaCy pipeline, because the
sentence splitters that it would use otherwise are downloaded.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.checkpoints import find
from benchmarks.raw import Work
from benchmarks.rival_servers.rival import TORCH, Environment, Variant, link
from benchmarks.servers import HOST
from model_pool.devices import available_cpus

VERSION = "libretranslate==1.9.6"
_THREADS = (8, 64)


class LibreTranslate:
    """Each sentence is a call of its own into CTranslate2; the web server has a fixed number of threads."""

    name = "LibreTranslate"
    note = f"{VERSION}, the same weights; it has no option for the vocabulary map"

    def __init__(self, workdir: Path) -> None:
        self._directory = workdir / "libretranslate"
        self._environment = Environment(self._directory / "venv")

    def setup(self) -> None:
        self._environment.install([TORCH], [VERSION, "spacy", "numpy<2"])

    def variants(self, work: Work, port: int) -> list[Variant]:
        cpus = available_cpus()
        tuned = {
            "ARGOS_INTER_THREADS": str(cpus),
            "ARGOS_INTRA_THREADS": "1",
            "ARGOS_BEAM_SIZE": str(work.beam_size),
            "OMP_NUM_THREADS": "1",
        }
        ways: list[tuple[str, list[str], dict[str, str]]] = [
            ("its defaults (beam 4)", [], {}),
            *(
                (f"inter {cpus} x intra 1, {threads} web threads", ["--threads", str(threads)], tuned)
                for threads in _THREADS
            ),
        ]
        return [self.variant(work, port, label, options, more) for label, options, more in ways]

    def variant(
        self, work: Work, port: int, label: str, options: Sequence[str], env: Mapping[str, str] | None = None
    ) -> Variant:
        """Return one way to start it. Raises NotSetUp."""
        return Variant(
            label=label,
            command=[
                self._environment.program("libretranslate"),
                *("--host", HOST, "--port", str(port), "--disable-web-ui", *options),
            ],
            path="/translate",
            body=lambda text: json.dumps({"q": text, "source": work.source, "target": work.target}),
            cwd=self._directory / "run",
            env={**self._prepare(work), **(env or {})},
        )

    def add_key(self, database: Path, key: str) -> None:
        """Put an API key into a database for `--api-keys-db-path`."""
        script = (
            "import sys; from libretranslate.api_keys import Database; Database(sys.argv[1]).add(10**6, sys.argv[2])"
        )
        subprocess.run([self._environment.python, "-c", script, str(database), key], check=True, env=os.environ)

    def _prepare(self, work: Work) -> dict[str, str]:
        """Lay out packages and the directories it expects; return the environment that points there."""
        checkpoint = find(work.reference)
        packages = self._directory / f"packages-{checkpoint.digest[:12]}"
        # It downloads packages of its own where it finds fewer than two.
        for source, target in ((work.source, work.target), (work.target, work.source)):
            package = packages / f"{source}_{target}"
            for name in checkpoint.manifest.files:
                link(checkpoint.path / name, package / "model" / name)
            link(checkpoint.path / checkpoint.manifest.tokenizer.source, package / "sentencepiece.model")
            metadata = {"package_version": "1.0", "argos_version": "1.0", "from_code": source, "from_name": source}
            (package / "metadata.json").write_text(json.dumps(metadata | {"to_code": target, "to_name": target}))
            self._splitter(source, package / "spacy")
        (self._directory / "run" / "db").mkdir(parents=True, exist_ok=True)
        (self._directory / "cache" / "argos-translate" / "spacy" / "senter" / "model").mkdir(
            parents=True, exist_ok=True
        )
        homes = {"XDG_CACHE_HOME": "cache", "XDG_DATA_HOME": "data", "XDG_CONFIG_HOME": "config", "HOME": "home"}
        env = {name: str(self._directory / place) for name, place in homes.items()}
        return env | {"ARGOS_PACKAGES_DIR": str(packages), "ARGOS_CHUNK_TYPE": "SPACY"}

    def _splitter(self, language: str, directory: Path) -> None:
        if not directory.exists():
            script = "import spacy, sys; spacy.blank(sys.argv[1]).to_disk(sys.argv[2])"
            command = [self._environment.python, "-W", "ignore", "-c", script, language, str(directory)]
            subprocess.run(command, check=True, env=os.environ)
