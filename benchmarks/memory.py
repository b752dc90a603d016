"""What a load takes at its worst moment, a replica afterwards, and its batches on top; each in a process of its own.

Checkpoints: the embedded one, and a random one of the OPUS-MT family whose size is chosen, stored in several types.
Linux only: the high-water mark of the resident set is the kernel's.

example: python -m benchmarks.memory --width 768 --layers 5
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

from benchmarks.checkpoints import find
from benchmarks.servers import ROOT
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.devices import memory_in_use, return_free_memory
from model_pool.engines.ctranslate2 import CTranslate2Engine, CTranslate2Loader
from model_pool.replica import load_replica, make_spec
from model_pool.tuning.plan import Setting
from model_pool.tuning.planner import Planner
from model_pool.types import DecodeOptions, EncodedSegment

_MIB = 2**20
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_EMBEDDED = "embedded/en-pt"
_CASES = (("float32", "float32"), ("float32", "int8"), ("int8", "int8"), ("int8", "float32"))
_COLUMNS = ("checkpoint", "stored", "computed", "files", "planned", "peak", "footprint", "work 1", "work 2", "trimmed")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--width", type=int, default=768, help="of the random checkpoint (%(default)s)")
    arguments.add_argument("--layers", type=int, default=5, help="of its encoder and of its decoder (%(default)s)")
    arguments.add_argument("--loads", action="store_true", help="leave the batches of the random checkpoint out")
    arguments.add_argument("--one", nargs=2, metavar=("REFERENCE", "TYPE"), help="measure one, and print JSON")
    chosen = arguments.parse_args()
    if chosen.one:
        print(json.dumps(measure(*chosen.one, batches=not chosen.loads)))
        return
    print(
        "MiB. files: size on disk; planned: what the pool reserves; peak, footprint: growth at worst and after loading;"
    )
    print(
        "work 1, 2: growth by batches of 8 x 61 tokens on 1 and 2 threads; trimmed: what is left after malloc_trim.\n"
    )
    print(" | ".join(_COLUMNS))
    with tempfile.TemporaryDirectory() as home:
        show(_EMBEDDED, "int8", "int8", batches=True)
        paths = {stored: make(Path(home), chosen.width, chosen.layers, stored) for stored in ("float32", "int8")}
        for stored, computed in _CASES:
            show(str(paths[stored]), stored, computed, batches=not chosen.loads)


def make(home: Path, width: int, layers: int, stored: str) -> Path:
    """Write a random checkpoint of a size; takes the extra "dev"."""
    from model_pool.catalog.convert import Quantization, convert
    from model_pool.catalog.describe import Said
    from model_pool.catalog.repository import Repository
    from model_pool.tokenization import load_tokenizer
    from tests.fakes import checkpoints

    widths = {
        "d_model": width,
        "encoder_ffn_dim": 4 * width,
        "decoder_ffn_dim": 4 * width,
        "max_position_embeddings": 512,
    }
    depths = {"encoder_layers": layers, "decoder_layers": layers}
    # Its scaled weights and its search for an output that ends are for small ones; sizes are all that counts here.
    with (
        patch.dict(checkpoints._WIDTHS, widths),  # noqa: SLF001
        patch.dict(checkpoints._LAYERS, depths),  # noqa: SLF001
        patch.object(checkpoints, "_make_it_end"),
    ):
        original = home / "original"
        if not original.exists():
            checkpoints.marian(original)
    output = home / stored
    output.mkdir()
    convert(
        Repository(original, "org/opus-mt-en-pt"), output, Quantization(stored), Said(name="random"), load_tokenizer
    )
    return output


def show(reference: str, stored: str, computed: str, *, batches: bool) -> None:
    """Measure in a process of its own and print one row."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.memory",
        "--one",
        reference,
        computed,
        *([] if batches else ["--loads"]),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, cwd=ROOT, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    name = reference if reference == _EMBEDDED else "random"
    print(" | ".join([name, stored, computed, *(f"{figures[column]:.0f}" for column in _COLUMNS[3:])]))


def measure(reference: str, computed: str, *, batches: bool) -> dict[str, float]:
    """Return the figures of one load and of its first batches, in MiB."""
    checkpoint = find(reference)
    loader = CTranslate2Loader()
    spec = make_spec(loader, checkpoint, compute_type=computed, planner=Planner(Setting(inter=2, intra=1)))
    checkpoint.verify()  # reading the files for their digests is no part of the engine's peak
    return_free_memory()
    before = memory_in_use("cpu")
    _CLEAR.write_text("5")  # begin a new high-water mark
    loaded = load_replica(spec, loader)
    peak = high_water() - before
    assert isinstance(loaded.engine, CTranslate2Engine)
    one, two, trimmed = work(checkpoint, loaded.engine) if batches else (0, 0, 0)
    figures = [checkpoint.size_bytes, spec.peak_bytes, peak, loaded.footprint, one, two, trimmed]
    return {name: figure / _MIB for name, figure in zip(_COLUMNS[3:], figures, strict=True)}


def high_water() -> int:
    """Return the most bytes that were resident since the mark was set."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def work(checkpoint: Checkpoint, engine: CTranslate2Engine) -> tuple[int, int, int]:
    """Return the growth by full batches, one at a time and two at once, and what is left of it after a trim."""
    tokens = tuple(json.loads((checkpoint.path / "shared_vocabulary.json").read_text())[10:70])
    batch = [EncodedSegment((*tokens, "</s>"))] * 8
    before = memory_in_use("cpu")

    def translate(_: object) -> None:
        engine.translate(batch, DecodeOptions())

    one = _growth(before, lambda: translate(None))
    with ThreadPoolExecutor(2) as threads:
        two = _growth(before, lambda: list(threads.map(translate, range(2))))
    return_free_memory()
    return one, two, memory_in_use("cpu") - before


def _growth(before: int, act: Callable[[], object]) -> int:
    act()
    return memory_in_use("cpu") - before


if __name__ == "__main__":
    main()
