"""How often each way to translate again mends the faults of an embedded checkpoint, and what capitals cost.

Sentences come from a TSV file (the last two columns, in the order of --pair); segments that models stumble over are
made out of them. Mended: no fault is left. Capitals: chrF against the references, of sentences put in capitals.

example: python -m benchmarks.retries --parallel test.tsv.gz --pair en pt
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.retries import Candidate, best, next_retry
from app.text.capitals import hushed, is_shouted, raised
from app.text.checks.checking import check
from app.text.checks.faults import Fault
from app.text.checks.readings import Pair, pair_of
from app.text.inline import Segment
from app.text.preparation import halve
from benchmarks.pairs import read_tsv
from benchmarks.report import Report
from benchmarks.students import Output, Student
from benchmarks.triggers import make
from model_pool.types import DecodeOptions

_GREEDY = DecodeOptions()
_WAYS: dict[str, tuple[DecodeOptions, bool]] = {
    "no map": (DecodeOptions(use_vocabulary_map=False), False),
    "beam 4": (DecodeOptions(beam_size=4), False),
    "penalty 1.2": (DecodeOptions(repetition_penalty=1.2), False),
    "n-gram 2": (DecodeOptions(no_repeat_ngram_size=2), False),
    "beam 4, n-gram 3, penalty 1.1": (DecodeOptions(4, no_repeat_ngram_size=3, repetition_penalty=1.1), False),
    "halves": (_GREEDY, True),
    "halves, beam 4": (DecodeOptions(beam_size=4), True),
}


@dataclass(frozen=True, slots=True)
class Work:
    """One direction."""

    student: Student
    pair: Pair

    def translate(self, texts: Sequence[str], options: DecodeOptions, *, halved: bool = False) -> list[Output]:
        """Translate with capitals hushed, as whole segments or halves."""
        quiet = [hushed(text) if is_shouted(text) else text for text in texts]
        found = self._halves(quiet, options) if halved else self.student.translate(quiet, options)
        return [
            Output(raised(output.text), output.score) if is_shouted(text) else output
            for text, output in zip(texts, found, strict=True)
        ]

    def _halves(self, texts: Sequence[str], options: DecodeOptions) -> list[Output]:
        halves = [halve(Segment(text), self.student.count) for text in texts]
        parts = iter(self.student.translate([part.text for one in halves for part in one.segments], options))
        outputs = []
        for one in halves:
            own = [next(parts) for _ in one.segments]
            text = one.joined([Segment(part.text) for part in own]).text
            outputs.append(Output(text, min((part.score for part in own), default=0.0)))
        return outputs

    def faults(self, text: str, output: Output) -> tuple[Fault, ...]:
        """Check one output."""
        return check(text, output.text, self.pair)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--parallel", type=Path, required=True, help="TSV file of sentence pairs")
    arguments.add_argument("--pair", nargs=2, default=["en", "pt"], help="its languages (en pt)")
    arguments.add_argument("--each", type=int, default=300, help="segments of every sort (%(default)s)")
    arguments.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    chosen = arguments.parse_args()
    report = Report("retries", chosen.output, quick=False)
    pairs = read_tsv(chosen.parallel)
    for one in (chosen.pair, chosen.pair[::-1]):
        turned = pairs if one == chosen.pair else [(second, first) for first, second in pairs]
        work = Work(Student("embedded/" + "-".join(one), *one), pair_of(*one))
        _report(report, work, " to ".join(one), *map(list, zip(*turned, strict=True)), each=chosen.each)
    report.save()


def _report(report: Report, work: Work, name: str, sources: list[str], references: list[str], *, each: int) -> None:
    sorts = make(sources, references, each)
    texts = [text for sort in sorts.values() for text in sort]
    first = work.translate(texts, _GREEDY)
    bad = [(text, output) for text, output in zip(texts, first, strict=True) if work.faults(text, output)]
    faulty = {text for text, _ in bad}
    rows: list[list[str | int | float]] = [
        [sort, len(made), round(100 * sum(text in faulty for text in made) / len(made), 1)]
        for sort, made in sorts.items()
    ]
    report.table(f"Segments with faults, {name}, greedy", ["sort", "segments", "with a fault, %"], rows)
    _mended(report, work, name, bad)
    rows = [[sort, *_capitals(work, sources[:each], references[:each], way)] for sort, way in _CASES.items()]
    report.table(f"Sentences in capitals, {name}", ["translated", "chrF"], rows)


def _mended(report: Report, work: Work, name: str, bad: Sequence[tuple[str, Output]]) -> None:
    texts = [text for text, _ in bad]
    names = [_named(work.faults(*each)) for each in bad]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for way, (options, halved) in _WAYS.items():
        for kinds, text, output in zip(names, texts, work.translate(texts, options, halved=halved), strict=True):
            counts[way][kinds] += not work.faults(text, output)
    for kinds, each in zip(names, bad, strict=True):
        counts["policy"][kinds] += not _by_policy(work, *each)
    totals = Counter(names)
    headers = ["faults", "segments", *(f"{way}, %" for way in counts)]
    rows: list[list[str | int | float]] = [
        [kinds, total, *(round(100 * count[kinds] / total) for count in counts.values())]
        for kinds, total in totals.most_common()
    ]
    report.table(f"Mended, {name}", headers, rows)


def _named(faults: Sequence[Fault]) -> str:
    return " + ".join(sorted({fault.kind + "?" * (not fault.sure) for fault in faults}))


def _by_policy(work: Work, text: str, output: Output) -> tuple[Fault, ...]:
    """Retry as the server does, and return the faults of what it would answer with."""
    candidates = [Candidate(output.text, output.score, work.faults(text, output))]
    for retries in range(10):
        retry = next_retry(candidates[best(candidates)].faults, retries, _GREEDY)
        if retry is None:
            break
        (again,) = work.translate([text], retry.options, halved=retry.halved)
        candidates.append(Candidate(again.text, again.score, work.faults(text, again)))
    return candidates[best(candidates)].faults


_CASES: dict[str, Callable[[Work, list[str]], list[Output]]] = {
    "as it is": lambda work, texts: work.student.translate([text.upper() for text in texts], _GREEDY),
    "hushed and raised": lambda work, texts: work.translate([text.upper() for text in texts], _GREEDY),
    "in its true case": lambda work, texts: work.student.translate(texts, _GREEDY),
}


def _capitals(
    work: Work, sources: list[str], references: list[str], way: Callable[[Work, list[str]], list[Output]]
) -> list[float]:
    outputs = [output.text.upper() for output in way(work, sources)]
    return [round(_chrf(outputs, [reference.upper() for reference in references]), 1)]


def _chrf(outputs: Sequence[str], references: Sequence[str], longest: int = 6, beta: float = 2.0) -> float:
    """Return the character n-gram F-score of a corpus, white space left out, 0 to 100."""
    scores = []
    for size in range(1, longest + 1):
        own = [_grams(output, size) for output in outputs]
        right = [_grams(reference, size) for reference in references]
        common = sum((first & second).total() for first, second in zip(own, right, strict=True))
        precision = common / max(1, sum(each.total() for each in own))
        recall = common / max(1, sum(each.total() for each in right))
        scores.append((1 + beta**2) * precision * recall / max(1e-9, beta**2 * precision + recall))
    return 100 * sum(scores) / longest


def _grams(text: str, size: int) -> Counter[str]:
    plain = "".join(text.split())
    return Counter(plain[at : at + size] for at in range(len(plain) - size + 1))


if __name__ == "__main__":
    main()
