"""The loop of a distillation: updates, averages, looks at held-out pairs, and states to go on from; touches disk."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from time import monotonic
from typing import cast

import torch
from torch import Tensor, nn

from model_pool.workshop.data.batches import Batch, Batches
from model_pool.workshop.distil.objective import Objective
from model_pool.workshop.distil.pace import Pace
from model_pool.workshop.distil.saved import Saved, Weights, read_saved, write_saved
from model_pool.workshop.distil.step import DistilOptions
from model_pool.workshop.errors import TrainingDiverged
from model_pool.workshop.pacing import average_decay
from model_pool.workshop.progress import Progress

_TOLD = 1.0
"""Seconds between two words about progress."""

_RECENT = 50
"""Updates over whose losses a mean is told."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What is learned from. gold: with the loss that is computed of each of its batches."""

    corpus: Batches
    gold: tuple[Batches, Callable[[Batch], Tensor]] | None

    @property
    def readers(self) -> list[Batches]:
        """Of the corpus, and of gold pairs if there are any."""
        return [self.corpus, *([self.gold[0]] if self.gold else [])]


class Loop:
    """Trains `model` in place. judge: measures it as it is. drawn: the generator that losses draw from."""

    def __init__(
        self,
        model: nn.Module,
        objective: Objective,
        feed: Feed,
        options: DistilOptions,
        *,
        judge: Callable[[], Mapping[str, float]],
        drawn: torch.Generator,
        scratch: Path,
        progress: Progress,
    ) -> None:
        self._weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        self._model, self._objective, self._feed, self._options = model, objective, feed, options
        self._judge, self._drawn, self._scratch, self._progress = judge, drawn, scratch, progress
        self._optimizer = torch.optim.AdamW(
            self._weights.values(), lr=0.0, betas=(0.9, 0.98), weight_decay=options.weight_decay
        )
        self._pace, self._shown = Pace(options), 0.0
        self._losses: dict[str, list[float]] = {}
        self.saved = Saved()

    def run(self) -> Saved:
        """Train from where an earlier run was until it is time. Return the state, whose history has all figures.

        Raises TrainingDiverged.
        """
        self._go_on()
        self._began = monotonic() - self.saved.seconds
        self._written = self._told = monotonic()
        self._progress.phase("distilling", self._pace.total, self._pace.unit)
        if not self.saved.history:
            self._validate()
        corpus = iter(self._feed.corpus)
        gold = iter(self._feed.gold[0]) if self._feed.gold else None
        while self._pace.fraction(self.saved.step, self.saved.seconds) < 1:
            self._update(next(corpus), gold)
            if self.saved.step % self._options.validate_every == 0:
                self._validate()
            if monotonic() - self._written >= 60 * self._options.save_minutes:
                self._save()
        if self.saved.history[-1]["step"] != self.saved.step:
            self._validate()
        self._save()
        return self.saved

    def result(self) -> Weights:
        """Return the weights that are kept, of those that were trained."""
        if self._options.keep == "average":
            return self.saved.average
        return self.saved.best if self._options.keep == "best" else self._current()

    def _update(self, batch: Batch, gold: Iterator[Batch] | None) -> None:
        rate = self._pace.rate(self.saved.step, self.saved.seconds)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        losses = self._objective.losses(batch)
        if gold is not None and self._feed.gold is not None:
            losses["gold"] = self._feed.gold[1](next(gold))
        loss = torch.stack([self._objective.weights[name] * one for name, one in losses.items()]).sum()
        self._optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        norm = nn.utils.clip_grad_norm_(self._weights.values(), self._options.clip)
        self._check(loss, norm)
        self._optimizer.step()
        self._follow()
        self._count(batch, losses, loss)

    def _check(self, loss: Tensor, norm: Tensor) -> None:
        reached, steepness = float(loss.detach()), float(norm)
        if not (math.isfinite(reached) and math.isfinite(steepness)):
            raise TrainingDiverged(
                f"After {self.saved.step} updates the loss is {reached:g}, with a gradient of {steepness:g}. "
                "Take a lower learning_rate or a longer warmup."
            )

    @torch.no_grad()
    def _follow(self) -> None:
        """Take the new weights into the average."""
        if not self._options.average:
            return
        decay = average_decay(self._options.average, self.saved.step)
        for name, weight in self._weights.items():
            self.saved.average[name].lerp_(weight, 1 - decay)

    def _count(self, batch: Batch, losses: Mapping[str, Tensor], loss: Tensor) -> None:
        saved = self.saved
        saved.step, saved.seconds = saved.step + 1, monotonic() - self._began
        saved.sentences += len(batch)
        saved.tokens += sum(len(one.target) for one in batch)
        for name, value in [("loss", loss), *losses.items()]:
            self._losses.setdefault(name, []).append(float(value.detach()))
        if monotonic() - self._told >= _TOLD:
            self._tell()

    def _tell(self) -> None:
        self._told = monotonic()
        done = self._pace.done(self.saved.step, self.saved.seconds)
        recent = {name: mean(values[-_RECENT:]) for name, values in self._losses.items()}
        per_second = self.saved.sentences / self.saved.seconds
        self._progress.advance(done - self._shown, sentences_per_second=per_second, **recent)
        self._shown = done

    def _validate(self) -> None:
        """Measure; remember the weights where they are the best so far."""
        live = self._current()
        self._put(self.saved.average or live)
        measured = dict(self._judge())
        self._put(live)
        saved = self.saved
        saved.history.append(
            {
                "step": saved.step,
                "minutes": saved.seconds / 60,
                **{name: mean(values) for name, values in self._losses.items()},
                **{f"valid_{name}": value for name, value in measured.items()},
            }
        )
        self._losses.clear()
        by = self._options.best_by
        score = -measured[by] if by == "cross_entropy" else measured[by]
        if self._options.keep == "best" and (saved.score is None or score > saved.score):
            saved.score, saved.best = score, _copied(saved.average or live)
        told = " ".join(f"{name} {value:.4g}" for name, value in saved.history[-1].items())
        self._progress.say(told)

    def _save(self) -> None:
        saved = self.saved
        saved.student, saved.optimizer = self._current(), self._optimizer.state_dict()
        saved.positions = [reader.position for reader in self._feed.readers]
        saved.left_out = [dict(reader.left_out) for reader in self._feed.readers]
        saved.random, saved.drawn = torch.get_rng_state(), self._drawn.get_state()
        saved.seconds = monotonic() - self._began
        write_saved(self._scratch, saved)
        self._written = monotonic()

    def _go_on(self) -> None:
        saved = read_saved(self._scratch)
        if saved is None:
            self.saved.average = _copied(self._current()) if self._options.average else {}
            return
        self.saved = saved
        self._put(saved.student)
        saved.average = {name: weight.to(self._weights[name].device) for name, weight in saved.average.items()}
        self._optimizer.load_state_dict(saved.optimizer)
        for reader, position in zip(self._feed.readers, saved.positions, strict=True):
            reader.position = position
        for reader, left_out in zip(self._feed.readers, saved.left_out, strict=False):  # none in older states
            reader.left_out.update(left_out)
        torch.set_rng_state(cast("Tensor", saved.random))
        self._drawn.set_state(cast("Tensor", saved.drawn))
        self._progress.say(f"going on after {saved.step} updates and {saved.seconds / 60:.1f} minutes")

    def _current(self) -> Weights:
        return {name: weight.detach().clone() for name, weight in self._weights.items()}

    @torch.no_grad()
    def _put(self, weights: Weights) -> None:
        for name, weight in weights.items():
            self._weights[name].copy_(weight)


def _copied(weights: Weights) -> Weights:
    return {name: weight.clone() for name, weight in weights.items()}
