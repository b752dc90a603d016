"""Runs a training, here or in several processes, and makes a checkpoint of its result; touches disk."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from model_pool.workshop.models.languages import read_languages, write_languages
from model_pool.workshop.models.words import load_words
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Job
from model_pool.workshop.train.setup import Setup
from model_pool.workshop.train.state import LOGS, State, States
from model_pool.workshop.train.step import TrainOptions

HISTORY = "history.json"
_WEIGHTS = ("config.json", "generation_config.json", "*.safetensors", "*.safetensors.index.json")


def train(job: Job[TrainOptions]) -> Figures:
    """Run the step. Raises WorkshopError, OSError."""
    setup = Setup.of(job)
    if job.options.processes > 1 or job.options.accelerate_config is not None:
        from model_pool.workshop.train.launching import train_elsewhere

        state = train_elsewhere(setup, job.progress)
    else:
        from model_pool.workshop.train.session import train_here

        state = train_here(setup, job.progress)
    _write(setup, state, job.output)
    return _figures(job.options, state)


def _write(setup: Setup, state: State, output: Path) -> None:
    states = States(setup.scratch)
    weights = states.last
    if setup.options.keep == "best" and state.best_step is not None:
        weights = states.best(state.best_step)
    for pattern in _WEIGHTS:
        for path in weights.glob(pattern):
            shutil.copyfile(path, output / path.name)
    tokenizer = setup.model or setup.tokenizer
    assert tokenizer is not None, "the session has checked it"  # noqa: S101 - no input can cause it
    load_words(tokenizer).save(output)
    longest = json.loads((output / "config.json").read_text(encoding="utf-8")).get("max_position_embeddings", 512)
    write_languages(output, read_languages(tokenizer), longest)
    history = json.dumps(state.history, indent=2, ensure_ascii=False)
    (output / HISTORY).write_text(history + "\n", encoding="utf-8")
    if (setup.scratch / LOGS).is_dir():
        shutil.copytree(setup.scratch / LOGS, output / LOGS)


def _figures(options: TrainOptions, state: State) -> Figures:
    judged = [one for one in state.history if "perplexity" in one]
    kept = state.best_step if options.keep == "best" and state.best_step is not None else state.step
    at = next((one for one in judged if one["step"] == kept), {})
    return {
        "steps": state.step,
        "kept_step": kept,
        "stopped_by": state.stopped,
        "seconds": round(state.seconds, 1),
        "tokens": state.tokens,
        "tokens_per_second": round(state.tokens / state.seconds, 1) if state.seconds else None,
        **{name: round(at[name], 4) for name in ("perplexity", "bleu", "chrf") if name in at},
    }
