"""One training in this process, from its last state where there is one; touches disk and device."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_model
from torch import nn
from transformers import Seq2SeqTrainingArguments

from model_pool.workshop.errors import DoesNotFit
from model_pool.workshop.models.trainable import Trainable, positions, quiet
from model_pool.workshop.progress import Progress
from model_pool.workshop.train.average import Average
from model_pool.workshop.train.building import starting_point
from model_pool.workshop.train.feed import Feed
from model_pool.workshop.train.judging import Judge
from model_pool.workshop.train.keeping import Keeper
from model_pool.workshop.train.material import stages, valid_pairs
from model_pool.workshop.train.pace import Pace
from model_pool.workshop.train.setup import Setup
from model_pool.workshop.train.state import AVERAGE_NAME, LOGS, State, States
from model_pool.workshop.train.trainer import Trainer, agreed, training_arguments

_STATE_COPIES = 3
"""States on disk at a time: two are kept while the next is written."""

_DISK = ("No space left", "File too large", "PytorchStreamWriter", "inline_container", "I/O error")


def train_here(setup: Setup, progress: Progress) -> State:
    """Train to the end, and leave the weights in the scratch directory. Raises WorkshopError, OSError."""
    with quiet(), _explained(setup):
        arguments = training_arguments(setup.options, States(setup.scratch).directory, setup.seed)
        start = starting_point(setup.model, setup.tokenizer, setup.options, setup.seed)
        nn.Module.to(start.model, arguments.device)
        return _Session(setup, arguments, start, progress).run()


class _Session:
    """The parts of one training, put together."""

    def __init__(self, setup: Setup, arguments: Seq2SeqTrainingArguments, start: Trainable, progress: Progress) -> None:
        options = setup.options
        self._options, self._states, self._model = options, States(setup.scratch), start.model
        with arguments.main_process_first():
            self._found = self._states.latest()
        self._state = self._found[1] if self._found else State()
        self._pace = Pace(
            max_steps=options.max_steps,
            max_minutes=options.max_minutes,
            step=self._state.step,
            spent=self._state.seconds,
            agree=agreed if arguments.world_size > 1 else float,
        )
        self._feed = _feed(setup, start, self._pace, arguments)
        self._average = Average(start.model, options.ema) if options.ema else None
        self._keeper = Keeper(
            options,
            self._state,
            self._states,
            feed=self._feed,
            pace=self._pace,
            average=self._average,
            progress=progress,
            main=arguments.process_index == 0,
        )
        self._trainer = Trainer(
            start.model,
            arguments,
            options,
            feed=self._feed,
            pace=self._pace,
            keeper=self._keeper,
            judge=_judge(setup, start),
            average=self._average,
            logs=setup.scratch / LOGS,
        )
        _check_disk(setup.scratch, start, options.ema > 0)

    def run(self) -> State:
        if self._found is not None:
            self._resume(self._found[0])
        if not self._state.stopped:
            self._trainer.train(resume_from_checkpoint=str(self._found[0]) if self._found else None)
        judged = any(one["step"] == self._state.step and "perplexity" in one for one in self._state.history)
        if not judged:
            self._trainer.evaluate()
        self._keeper.keep_weights(self._states.last)
        return self._state

    def _resume(self, checkpoint: Path) -> None:
        self._feed.go_to(self._state.positions, self._state.tokens)
        if self._average is not None:
            self._average.load(checkpoint / AVERAGE_NAME)
        if self._state.stopped:
            load_model(self._model, checkpoint / "model.safetensors")


def _feed(setup: Setup, start: Trainable, pace: Pace, arguments: Seq2SeqTrainingArguments) -> Feed:
    return Feed(
        stages(setup, start.words, positions(start.model)),
        setup.options.stages,
        pace,
        pad=start.words.pad,
        start=int(start.model.config.decoder_start_token_id),
        rank=arguments.process_index,
        world=arguments.world_size,
    )


def _judge(setup: Setup, start: Trainable) -> Judge | None:
    pairs, options = valid_pairs(setup), setup.options
    if not pairs:
        return None
    return Judge(
        pairs,
        start.words,
        batch_tokens=options.batch_tokens,
        longest=min(options.longest, positions(start.model)),
        translated=options.translated,
        samples=options.samples,
    )


def _check_disk(scratch: Path, start: Trainable, averaged: bool) -> None:  # noqa: FBT001
    """Raise DoesNotFit where the states of this model would fill the disk."""
    weights = sum(weight.numel() * 4 for weight in start.model.parameters())
    trained = sum(weight.numel() * 4 for weight in start.model.parameters() if weight.requires_grad)
    needed = _STATE_COPIES * (weights + (2 + averaged) * trained) + 3 * weights
    free = shutil.disk_usage(scratch).free
    if needed > free:
        raise DoesNotFit(
            f"The states of this training take {needed / 1e9:.1f} GB of disk, and {scratch} has {free / 1e9:.1f} GB. "
            "Free space, or choose another --workspace."
        )


@contextmanager
def _explained(setup: Setup) -> Iterator[None]:
    """Tell full memory and full disk, which libraries report as anything, by our own errors."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise _too_large() from error
    except (RuntimeError, SafetensorError) as error:
        if "can't allocate memory" in str(error):
            raise _too_large() from error
        if any(sign in str(error) for sign in _DISK):
            raise OSError(errno.ENOSPC, "No space left on device", str(setup.scratch)) from error
        raise


def _too_large() -> DoesNotFit:
    return DoesNotFit(
        "Training took more memory than the device has. Lower batch_tokens and raise accumulate, or set "
        "gradient_checkpointing; babelpool workshop plan tells what a size takes."
    )
