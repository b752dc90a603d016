"""What happens beside the updates: the average, the best weights, states to go on from, progress; touches disk."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from model_pool.workshop.progress import Progress
from model_pool.workshop.train.average import Average
from model_pool.workshop.train.feed import Feed
from model_pool.workshop.train.judging import Judgement
from model_pool.workshop.train.pace import Pace
from model_pool.workshop.train.state import AVERAGE_NAME, State, States
from model_pool.workshop.train.step import TrainOptions

SaveWeights = Callable[[Path], None]
"""Writes the weights that would be the result now; called in every process."""


class Keeper(TrainerCallback):
    """Hears of every update. main: whether this process is the one that writes."""

    def __init__(
        self,
        options: TrainOptions,
        state: State,
        states: States,
        *,
        feed: Feed,
        pace: Pace,
        average: Average | None,
        progress: Progress,
        main: bool,
    ) -> None:
        self.state = state
        self.save_weights: SaveWeights | None = None
        self._options, self._states, self._feed, self._pace = options, states, feed, pace
        self._average, self._progress, self._main = average, progress, main
        self._whole = 60 * options.max_minutes or float(options.max_steps)
        self._told, self._loss = 0.0, math.nan
        self._before = state.tokens, state.seconds

    def on_train_begin(self, *_: object, **__: object) -> None:
        """See TrainerCallback."""
        self._progress.phase("training", self._whole, "s" if self._options.max_minutes else "steps")
        self._advance()

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002 - the Trainer's signature
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,  # noqa: ANN401
    ) -> TrainerControl:
        """Count the update, follow its weights, and stop when it is time."""
        self._pace.tick(state.global_step)
        if self._average is not None:
            self._average.follow(kwargs["model"], state.global_step)
        self.state.step, self.state.seconds, self.state.tokens = (
            state.global_step,
            self._pace.seconds,
            self._feed.tokens,
        )
        self.state.positions = self._feed.positions
        self._advance()
        if state.global_step % self._options.save_every == 0:
            control.should_log = True  # a loss is the mean since the last one, and a resumed run knows of none
        if self._pace.fraction >= 1:
            by_steps = self._options.max_steps and self._pace.step >= self._options.max_steps
            self.state.stopped = self.state.stopped or ("max_steps" if by_steps else "max_minutes")
            control.should_training_stop = control.should_save = True
        return control

    def on_log(
        self,
        args: TrainingArguments,  # noqa: ARG002 - the Trainer's signature
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        """Keep the loss."""
        logs = kwargs["logs"]
        if "loss" in logs:
            self._loss = logs["loss"]
            self.state.history.append({"step": state.global_step, "loss": logs["loss"], "rate": logs["learning_rate"]})

    def on_save(
        self,
        args: TrainingArguments,  # noqa: ARG002 - the Trainer's signature
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **kwargs: Any,  # noqa: ANN401, ARG002
    ) -> None:
        """Complete the Trainer's checkpoint."""
        if self._main:
            if self._average is not None:
                self._average.save(self._states.checkpoint(state.global_step) / AVERAGE_NAME)
            self._states.complete(self.state)

    def judged(self, judgement: Judgement, control: TrainerControl) -> None:
        """Take in an evaluation: keep what is best, and stop when nothing has become better for long."""
        metric = judgement.metrics[self._options.metric]
        self.state.history.append({"step": self.state.step, **judgement.metrics, "samples": judgement.samples})
        self._tell(judgement)
        if self._better(metric):
            self.state.best_step, self.state.best_metric, self.state.waited = self.state.step, metric, 0
            self.keep_weights(self._states.best(self.state.step))
            return
        self.state.waited += 1
        if self._options.patience and self.state.waited >= self._options.patience:
            self.state.stopped = f"{self._options.metric} did not become better {self.state.waited} times"
            control.should_training_stop = control.should_save = True

    def keep_weights(self, path: Path) -> None:
        """Write the weights of now, under their name once they are whole."""
        assert self.save_weights is not None, "the trainer sets it"  # noqa: S101 - no input can cause it
        unfinished = path.with_name(f"unfinished-{path.name}")
        if self._main:
            shutil.rmtree(unfinished, ignore_errors=True)
        self.save_weights(unfinished)
        if self._main:
            shutil.rmtree(path, ignore_errors=True)
            unfinished.rename(path)

    def _better(self, metric: float) -> bool:
        if self.state.best_metric is None:
            return True
        lower_is_better = self._options.metric == "perplexity"
        return metric < self.state.best_metric if lower_is_better else metric > self.state.best_metric

    def _advance(self) -> None:
        seconds = self.state.seconds - self._before[1]
        speed = (self.state.tokens - self._before[0]) / seconds if seconds > 0 else 0.0
        done = self._pace.fraction * self._whole
        self._progress.advance(done - self._told, **{"loss": self._loss, "tokens/s": speed})
        self._told = done

    def _tell(self, judgement: Judgement) -> None:
        said = ", ".join(f"{name} {value:.2f}" for name, value in judgement.metrics.items())
        self._progress.say(f"step {self.state.step}: {said}")
        for source, _, answer in judgement.samples:
            self._progress.say(f"  {source} -> {answer}")
