"""How often the checks of `app.text.checks` are wrong, how often right, and what they cost.

Wrong: faults found in what people translated: pairs of sentences in a TSV file (the last two columns), and the message
catalogs of a system. Some of those are misaligned or free, so it is an upper bound. Right: faults found in the same
pairs after one was put in. The cost is of generated sentences of 22 words and their references' lengths.

example: python -m benchmarks.checks --parallel parallel.tsv.gz --pair en pt --catalogs /usr/share/locale
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from app.detection import FastTextDetector, Undecidable
from app.text.checks.checking import check
from app.text.checks.faults import FaultKind
from app.text.checks.readings import Pair, pair_of
from app.text.checks.tongues import Detect
from benchmarks.pairs import Pairs, read_catalogs, read_tsv
from benchmarks.report import Report
from benchmarks.sentences import generated

_LOCALES = ("de", "fr", "pt_BR", "pl", "tr", "fi", "ru", "uk", "el", "ar", "he", "hi", "th", "ta", "ja", "ko", "zh_CN")
_SEED = 8
_WORDS = (8, 40)  # of the sentences that a fault is put in
_MADE = 3000

Damage = Callable[[random.Random, str, str], str]
"""(random, source, translation) -> a translation with a fault."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--parallel", type=Path, required=True, help="TSV file of sentence pairs")
    arguments.add_argument("--pair", nargs=2, default=["en", "pt"], help="its languages (en pt)")
    arguments.add_argument("--catalogs", type=Path, help="directory of <locale>/LC_MESSAGES/*.mo")
    arguments.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    chosen = arguments.parse_args()
    report = Report("checks", chosen.output, quick=False)
    source, target = chosen.pair
    pairs = read_tsv(chosen.parallel)
    detect = detector(source, target)
    rows = [_row(f"{source}-{target}", pairs, pair_of(source, target), detect)]
    rows.append(_row(f"{target}-{source}", _turned(pairs), pair_of(target, source), detect))
    if chosen.catalogs:
        for locale in _LOCALES:
            found = read_catalogs(chosen.catalogs, locale)
            rows.append(_row(f"en-{locale}", found, pair_of("en", locale)))
            rows.append(_row(f"{locale}-en", _turned(found), pair_of(locale, "en")))
    report.table(
        "Sure faults found in what people translated, % of pairs", ["pair", "pairs", *FaultKind, "unsure"], rows
    )
    _hits(report, pairs, pair_of(source, target), detect)
    _cost(report, pair_of(source, target))
    report.save()


def detector(*languages: str) -> Detect:
    """Return the server's detector, for these languages."""
    model = FastTextDetector()

    def detect(text: str) -> str | None:
        try:
            return model.detect(text, languages).language
        except Undecidable as error:
            return error.looks_like

    return detect


def _turned(pairs: Pairs) -> Pairs:
    return [(second, first) for first, second in pairs]


def _row(name: str, pairs: Pairs, pair: Pair, detect: Detect | None = None) -> list[str | int | float]:
    sure: Counter[FaultKind] = Counter()
    unsure = 0
    for source, translation in pairs:
        faults = check(source, translation, pair, detect)
        sure.update(fault.kind for fault in faults if fault.sure)
        unsure += any(not fault.sure for fault in faults)
    share = 100 / max(1, len(pairs))
    return [name, len(pairs), *(round(sure[kind] * share, 3) for kind in FaultKind), round(unsure * share, 3)]


def _loop(chance: random.Random, _: str, translation: str) -> str:
    words = translation.split()
    at = chance.randrange(len(words))
    size = chance.randint(1, 3)
    return " ".join(words[: at + size] + words[at : at + size] * 3 + words[at + size :])


def _other_number(chance: random.Random, _: str, translation: str) -> str:
    places = [at for at, character in enumerate(translation) if character.isdigit()]
    if not places:
        return translation
    at = chance.choice(places)
    return f"{translation[:at]}{(int(translation[at]) + chance.randint(1, 9)) % 10}{translation[at + 1 :]}"


def _cut(share: float) -> Damage:
    return lambda _, __, translation: " ".join(translation.split()[: int(len(translation.split()) * share)])


_DAMAGES: dict[str, tuple[Damage, set[FaultKind]]] = {
    "the source instead": (lambda _, source, __: source, {FaultKind.ECHO, FaultKind.LANGUAGE}),
    "1 to 3 words, four times": (_loop, {FaultKind.REPETITION}),
    "the last half is gone": (_cut(0.5), {FaultKind.OMISSION}),
    "the last two thirds are gone": (_cut(0.34), {FaultKind.OMISSION}),
    "nothing but a letter": (lambda _, __, translation: translation[:1], {FaultKind.OMISSION}),
    "twice": (
        lambda _, __, translation: f"{translation} {translation}",
        {FaultKind.EXCESS, FaultKind.REPETITION},
    ),
    "one digit changed": (_other_number, {FaultKind.NUMBER_MISSING, FaultKind.NUMBER_INVENTED}),
    "in Cyrillic": (
        lambda _, __, translation: translation.translate({code: code + 0x3CF for code in range(97, 123)}),
        {FaultKind.SCRIPT},
    ),
}


def _hits(report: Report, pairs: Pairs, pair: Pair, detect: Detect) -> None:
    chance = random.Random(_SEED)
    whole = [each for each in pairs if _WORDS[0] <= len(each[0].split()) <= _WORDS[1]]
    chosen = chance.sample(whole, min(_MADE, len(whole)))
    rows: list[list[str | int | float]] = []
    for name, (damage, kinds) in _DAMAGES.items():
        made = [(source, damage(chance, source, right)) for source, right in chosen]
        made = [each for each, (_, right) in zip(made, chosen, strict=True) if each[1] != right]
        found = sum(_has(kinds, *each, pair, detect) for each in made)
        rows.append([name, len(made), round(100 * found / max(1, len(made)), 1)])
    report.table(f"Faults put in sentences of {_WORDS[0]} to {_WORDS[1]} words", ["fault", "made", "found, %"], rows)


def _has(kinds: set[FaultKind], source: str, translation: str, pair: Pair, detect: Detect) -> bool:
    return any(fault.kind in kinds for fault in check(source, translation, pair, detect))


def _cost(report: Report, pair: Pair) -> None:
    sentences = generated(500)
    texts = list(pairwise(sentences))
    rounds = [_seconds(texts, pair) for _ in range(9)]
    report.table("Cost of a sentence of 22 words", ["microseconds"], [[round(min(rounds) / len(texts) * 1e6, 1)]])


def _seconds(texts: Sequence[tuple[str, str]], pair: Pair) -> float:
    started = time.process_time()
    for source, translation in texts:
        check(source, translation, pair)
    return time.process_time() - started


if __name__ == "__main__":
    main()
