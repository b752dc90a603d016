"""The lines of tests/corpus/nasty.jsonl through the real server, in this process: what came back whole?

Every line names what must come back as it is: placeholders, tags, addresses, numbers, line breaks. Prints a table by
category, and with --show each line that lost something.

example: python -m benchmarks.corpus --show
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import load_settings
from benchmarks.report import Report

CORPUS = Path(__file__).resolve().parent.parent / "tests" / "corpus" / "nasty.jsonl"
_BREAKS = re.compile(r"\r\n|[\n\r\x0c\u2028\u2029]")
_RETRIES = re.compile(r"^babelpool_retried_segments_total(?:\{.*\})? (\S+)$", re.MULTILINE)
_SHORTEST_EXACT = 3  # characters: shorter strings may also come up in the words of a translation


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the corpus. keep: what must come back as often as it was there, whatever its place."""

    category: str
    source: str
    target: str
    format: str
    text: str
    keep: tuple[str, ...]

    @property
    def body(self) -> dict[str, str]:
        """The request for it."""
        body = {"text": self.text, "source_language": self.source, "target_language": self.target}
        return body if self.format == "text" else body | {"format": self.format}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one line. lost: what did not come back; retried: how many retries it took, as far as is counted."""

    line: Line
    text: str
    lost: tuple[str, ...]
    warnings: tuple[str, ...]
    retried: int


def read(path: Path = CORPUS) -> list[Line]:
    """Return the corpus."""
    rows = (json.loads(row) for row in path.read_text(encoding="utf-8").split("\n") if row)
    return [Line(**row | {"keep": tuple(row["keep"])}) for row in rows]


def lost(line: Line, output: str) -> tuple[str, ...]:
    """Return what is missing from the translation of a line, or in it too often; "line breaks" where those differ."""
    wrong = [part for part in line.keep if not _kept(part, line.text, output)]
    if line.format != "html" and _BREAKS.findall(line.text) != _BREAKS.findall(output):
        wrong.append("line breaks")
    return tuple(wrong)


def _kept(part: str, source: str, output: str) -> bool:
    before, after = source.count(part), output.count(part)
    return after == before or (after > before and (len(part) < _SHORTEST_EXACT or part.isalnum()))


def ask(client: TestClient, lines: Iterable[Line]) -> Iterator[Answer]:
    """Translate the lines one by one. A line that is refused is lost as a whole."""
    before = _retries(client)
    for line in lines:
        answer = client.post("/translate", json=line.body)
        after = _retries(client)
        if answer.status_code == 200:
            data = answer.json()
            text = data["translated_text"]
            yield Answer(line, text, lost(line, text), tuple(data["warnings"]), after - before)
        else:
            yield Answer(line, answer.text, ("everything",), (), after - before)
        before = after


def _retries(client: TestClient) -> int:
    return sum(int(float(count)) for count in _RETRIES.findall(client.get("/metrics").text))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--corpus", type=Path, default=CORPUS, help="another file like it")
    arguments.add_argument("--show", action="store_true", help="print each line that lost something")
    arguments.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        settings = load_settings().model_copy(update={"data_dir": directory})
        with TestClient(create_app(settings)) as client:
            answers = list(ask(client, read(chosen.corpus)))
    if chosen.show:
        for answer in answers:
            if answer.lost:
                print(f"{answer.line.category}: {answer.line.text!r}\n  -> {answer.text!r}\n  lost {answer.lost}")
    report = Report("corpus", chosen.output, quick=False)
    report.table(
        "Lines that came back whole", ["category", "lines", "whole", "%", "retried", "flagged"], _rows(answers)
    )
    report.save()


def _rows(answers: Sequence[Answer]) -> list[list[str | int | float]]:
    categories = dict.fromkeys(answer.line.category for answer in answers)
    rows = [_row(name, [answer for answer in answers if answer.line.category == name]) for name in categories]
    return [*rows, _row("all", answers)]


def _row(name: str, answers: Sequence[Answer]) -> list[str | int | float]:
    whole = sum(not answer.lost for answer in answers)
    retried, flagged = sum(answer.retried > 0 for answer in answers), sum(bool(answer.warnings) for answer in answers)
    return [name, len(answers), whole, round(100 * whole / len(answers)), retried, flagged]


if __name__ == "__main__":
    main()
