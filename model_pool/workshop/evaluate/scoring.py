"""Every score of every model on every test set; computes, and asks COMET where it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log
from typing import Any, cast

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.significance import PairedTest, Result

from model_pool.workshop.evaluate import scores
from model_pool.workshop.evaluate.comet import Comet
from model_pool.workshop.evaluate.inputs import Contest, TestSet
from model_pool.workshop.progress import Progress

Outputs = Mapping[str, Mapping[str, Sequence[str]]]
"""Model -> test set -> translations."""

Scored = dict[str, dict[str, dict[str, Any]]]
"""Test set -> model -> score -> value."""


class Scorer:
    """bootstrap: samples for intervals; 0 for none."""

    def __init__(self, contest: Contest, bootstrap: int, comet: Comet | None, progress: Progress) -> None:
        self._contest, self._bootstrap, self._comet, self._progress = contest, bootstrap, comet, progress

    def score(self, outputs: Outputs, translated: Mapping[str, Any]) -> Scored:
        """Return all scores. translated: the answers of the workers."""
        self._progress.phase("score", len(self._contest.sets) * len(outputs), "models")
        truncated = {name: self._contest.split(answer["truncated"]) for name, answer in translated.items()}
        found: Scored = {}
        for one in self._contest.sets:
            texts = {name: outputs[name][one.name] for name in outputs}
            found[one.name] = {name: self._of(one, name, texts) for name in texts}
            for name, values in found[one.name].items():
                cut = truncated[name][one.name]
                values["truncated"] = round(sum(cut) / len(cut), 4)
            self._add_intervals(one, texts, found[one.name])
        self._add_perplexity(found, {name: answer["read"] for name, answer in translated.items() if answer["read"]})
        return found

    def _of(self, one: TestSet, name: str, texts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        self._progress.advance(1)
        outputs, base = texts[name], self._contest.base
        values: dict[str, Any] = {
            "repetition": scores.repetition_rate(one.sources, outputs),
            "omission": scores.omission_rate(outputs, one.references or one.sources),
        }
        if one.references:
            values |= against(outputs, one.references)
            if self._comet:
                values["comet"] = self._comet.score(one.sources, outputs, one.references)
        if base:
            values |= {f"base_{key}": value for key, value in scores.agreement(outputs, texts[base]).items()}
        return values

    def _add_intervals(
        self, one: TestSet, texts: Mapping[str, Sequence[str]], found: Mapping[str, dict[str, Any]]
    ) -> None:
        """Add half the width of 95 % intervals, and the chance that a difference from the base is one of luck."""
        if not self._bootstrap or not one.references:
            return
        metrics = {"bleu": BLEU(), "chrf": CHRF()}
        named: list[tuple[str, Sequence[str]]] = [(name, list(outputs)) for name, outputs in texts.items()]
        test = PairedTest(named, metrics, [list(one.references)], "bs", n_samples=self._bootstrap)
        _, results = test()
        for key, title in (("bleu", "BLEU"), ("chrf", "chrF2")):
            for (name, _), result in zip(named, cast("list[Result]", results[title]), strict=True):
                found[name][f"{key}_interval"] = round(float(result.ci or 0), 3)
                if self._contest.base and result.p_value is not None:
                    found[name][f"{key}_p"] = round(float(result.p_value), 4)

    def _add_perplexity(self, found: Scored, read: Mapping[str, Any]) -> None:
        for name, answer in read.items():
            start = 0
            for one in self._contest.sets:
                if one.references:
                    end = start + len(one.references)
                    part = (answer["log_probs"][start:end], answer["tokens"][start:end])
                    found[one.name][name] |= perplexity(*part, one.references)
                    start = end


def against(outputs: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Compare with references."""
    return {
        "bleu": scores.bleu(outputs, references),
        "chrf": scores.chrf(outputs, references),
        "ter": scores.ter(outputs, references),
        "exact": scores.exact(outputs, references),
        "near": scores.near(outputs, references),
        "length_ratio": scores.length_ratio(outputs, references),
    }


def perplexity(log_probs: Sequence[float], tokens: Sequence[int], references: Sequence[str]) -> dict[str, float]:
    """Return perplexity by token, and bits by letter, which can be compared between vocabularies."""
    total, letters = sum(log_probs), sum(map(len, references))
    return {
        "perplexity": round(exp(-total / max(1, sum(tokens))), 4),
        "bits_per_letter": round(-total / log(2) / max(1, letters), 4),
    }
