"""Run as a script: kill registrations after every single step on the disk, and look at the catalog after each.

Arguments: an empty directory. Prints how many steps were tried. A process of its own, because it forks.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.references import HubReference
from tests.model_pool.catalog.conftest import make_checkpoint

_STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "fcntl.flock"}
OLD, NEW = HubReference("org/old"), HubReference("org/new")


def register(data: Path, reference: HubReference, weights: bytes) -> None:
    catalog = Catalog(data)
    with catalog.staging() as staged:
        make_checkpoint(staged, weights=weights)
        catalog.register(staged, [reference])


def die_after(steps: int) -> None:
    """Send SIGKILL to this process at its `steps`-th step on the disk from now on."""
    left = steps

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in _STEPS:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def killed(data: Path, steps: int) -> bool:
    """Replace `OLD`'s neighbour in a child that dies after `steps`; say whether it did."""
    child = os.fork()
    if child == 0:
        die_after(steps)
        register(data, NEW, b"second")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"the child failed at step {steps}")
    return os.WIFSIGNALED(status)


def check(data: Path) -> None:
    """The old checkpoint is whole; the other is the first or the second one, and whole; nothing else is left over."""
    catalog = Catalog(data)
    for entry in catalog.survey():
        if not isinstance(entry, Checkpoint):
            raise SystemExit(f"{entry.reference} is broken: {entry.error}")
        entry.verify()
    weights = {str(one): (catalog.resolve(str(one)).path / "model.bin").read_bytes() for one in (OLD, NEW)}
    if weights[str(OLD)] != b"old" or weights[str(NEW)] not in {b"first", b"second"}:
        raise SystemExit(f"wrong content: {weights}")
    register(data, NEW, b"third")
    leftovers = list((data / "staging").iterdir())
    if leftovers or len(list((data / "checkpoints").iterdir())) != 2:
        raise SystemExit(f"left over: {leftovers}")


def main(root: Path) -> None:
    steps = 0
    alive = True
    while alive:
        steps += 1
        data = root / str(steps)
        register(data, OLD, b"old")
        register(data, NEW, b"first")
        alive = killed(data, steps)
        check(data)
        shutil.rmtree(data)
    print(steps)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
