"""The same requests to the real LibreTranslate and to Babelpool, whose answers must have equal statuses and shapes.

Both run on loopback on the same checkpoints, once without API keys and once with. What differs must be one of the
differences that are meant (benchmarks/dialect_cases.py); anything else ends with status 1. Only --setup downloads.

example: python -m benchmarks.dialect --workdir ~/rivals --setup     once
         python -m benchmarks.dialect --workdir ~/rivals
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.keys import hash_key
from benchmarks.dialect_cases import (
    DELIBERATE,
    FILES,
    KEY,
    KEYS,
    MISTAKES,
    MOST_ALTERNATIVES,
    MOST_CHARACTERS,
    MOST_TEXTS,
    OTHERS,
    TRANSLATE,
    Case,
)
from benchmarks.options import tier
from benchmarks.raw import Work
from benchmarks.rival_servers.libretranslate_rival import LibreTranslate
from benchmarks.servers import HOST, babelpool, free_port, running

_CHECKPOINTS = ["embedded/en-pt", "embedded/pt-en"]
_WORK = Work(_CHECKPOINTS[0], "en", "pt", ())
_LIMITS = {"limits.max_characters": str(MOST_CHARACTERS), "limits.max_texts": str(MOST_TEXTS)}
_START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """What is compared of an answer."""

    status: int
    shape: str

    def __str__(self) -> str:
        return f"{self.status} {self.shape}"

    def agrees_with(self, other: Answer) -> bool:
        """Whether both are the same but for lists that are empty in one of them."""
        return self.status == other.status and _agree(self.shape, other.shape)


@dataclass(frozen=True, slots=True)
class Result:
    """One case's answers."""

    case: Case
    theirs: Answer
    ours: Answer

    @property
    def verdict(self) -> str:
        """What to think of it."""
        equal, meant = self.theirs.agrees_with(self.ours), self.case.name in DELIBERATE
        if equal:
            return "no longer differs" if meant else "same"
        return "meant" if meant else "DIFFERS"


def main() -> None:
    """Compare, print a table, and end with 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workdir", type=Path, required=True, metavar="DIR", help="where LibreTranslate is installed")
    parser.add_argument("--setup", action="store_true", help="download and install it there, and do no more")
    chosen = parser.parse_args()
    rival = LibreTranslate(chosen.workdir.resolve())
    if chosen.setup:
        rival.setup()
        return
    results = [
        *_compare(rival, [*TRANSLATE, *MISTAKES, *OTHERS, *FILES], with_keys=False),
        *_compare(rival, KEYS, with_keys=True),
    ]
    sys.exit(_told(results))


def shape_of(value: object) -> str:
    """Return a JSON value's keys and types; a list has the shapes of its elements once each."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shape_of(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + " | ".join(sorted({shape_of(one) for one in value})) + "]"
    names = {bool: "boolean", int: "number", float: "number", str: "text", type(None): "null"}
    return names[type(value)]


def _agree(one: str, other: str) -> bool:
    return one == other or one.replace("[text]", "[]") == other.replace("[text]", "[]")


def _compare(rival: LibreTranslate, cases: Sequence[Case], *, with_keys: bool) -> list[Result]:
    with _theirs(rival, with_keys=with_keys) as theirs, _ours(with_keys=with_keys) as ours:
        return [Result(case, _ask(theirs, case), _ask(ours, case)) for case in cases]


@contextmanager
def _theirs(rival: LibreTranslate, *, with_keys: bool) -> Iterator[httpx.Client]:
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        options = [
            *("--char-limit", str(MOST_CHARACTERS), "--batch-limit", str(MOST_TEXTS)),
            *("--alternatives-limit", str(MOST_ALTERNATIVES)),
        ]
        if with_keys:
            database = Path(directory) / "keys.db"
            rival.add_key(database, KEY)
            options += ["--api-keys", "--api-keys-db-path", str(database), "--require-api-key-origin", "https://nobody"]
        one = rival.variant(_WORK, port, "as it is", options)
        ready = lambda server: server.get("/languages")  # noqa: E731
        with (
            running(one.command, port, ready, env=one.env, cwd=one.cwd, timeout=_START_SECONDS),
            httpx.Client(base_url=f"http://{HOST}:{port}", timeout=120) as client,
        ):
            yield client


@contextmanager
def _ours(*, with_keys: bool) -> Iterator[httpx.Client]:
    config = 'default_tier = "same"\n' + tier("same", _CHECKPOINTS, {"beam_size": 4})
    if with_keys:
        config += f'[[auth.keys]]\nname = "client"\nsha256 = "{hash_key(KEY)}"\n'
    with (
        babelpool(config, _LIMITS) as server,
        httpx.Client(base_url=f"http://{HOST}:{server.port}", timeout=120) as client,
    ):
        yield client


def _ask(client: httpx.Client, case: Case) -> Answer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a body with GET is what some clients send
        answer = client.request(case.method, case.path, **case.sent)
    if "application/json" not in answer.headers.get("content-type", ""):
        return Answer(answer.status_code, "no JSON")
    return Answer(answer.status_code, shape_of(answer.json()))


def _told(results: Sequence[Result]) -> int:
    """Print the table and return the exit status."""
    width = max(len(one.case.name) for one in results)
    for one in results:
        print(f"{one.case.name:<{width}}  {one.verdict}")
        if one.verdict != "same":
            print(f"{'':<{width}}    LibreTranslate  {one.theirs}\n{'':<{width}}    Babelpool       {one.ours}")
        if one.verdict == "meant":
            print(f"{'':<{width}}    {DELIBERATE[one.case.name]}")
    wrong = [one for one in results if one.verdict in {"DIFFERS", "no longer differs"}]
    unknown = DELIBERATE.keys() - {one.case.name for one in results}
    print(f"{len(results)} requests, {len(wrong)} not as they should be")
    for name in unknown:
        print(f"no request is called {name!r}, but it is among the differences that are meant")
    return int(bool(wrong or unknown))


if __name__ == "__main__":
    main()
