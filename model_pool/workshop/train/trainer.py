"""transformers' Seq2SeqTrainer with our batches, loss, schedule, evaluation and states; touches disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import torch
from accelerate.utils import broadcast, broadcast_object_list  # type: ignore[import-untyped]
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, PrinterCallback, Seq2SeqTrainer, Seq2SeqTrainingArguments, TrainerCallback

from model_pool.workshop.errors import ExtraMissing, RecipeInvalid, TrainingDiverged
from model_pool.workshop.pacing import rate_factor
from model_pool.workshop.train.average import Average
from model_pool.workshop.train.feed import IGNORED, Feed
from model_pool.workshop.train.judging import Judge
from model_pool.workshop.train.keeping import Keeper
from model_pool.workshop.train.pace import Pace
from model_pool.workshop.train.step import TrainOptions

_NO_LIMIT = 10**9


class Trainer(Seq2SeqTrainer):
    """Trains as the options say. judge: None where there are no valid pairs. logs: for TensorBoard.

    The Trainer insists on an evaluation set, which nobody reads: `evaluate` is ours.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        arguments: Seq2SeqTrainingArguments,
        options: TrainOptions,
        *,
        feed: Feed,
        pace: Pace,
        keeper: Keeper,
        judge: Judge | None,
        average: Average | None,
        logs: Path,
    ) -> None:
        self._options, self._feed, self._pace, self._keeper = options, feed, pace, keeper
        self._network, self._judge, self._average = model, judge, average
        keeper.save_weights = self.save_result
        super().__init__(
            model,
            arguments,
            train_dataset=feed,
            eval_dataset=feed,
            compute_loss_func=smoothed_loss(options.label_smoothing),
            callbacks=[keeper, *_reporters(options, logs)],
        )
        self.remove_callback(PrinterCallback)

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Return the feed as it is: its batches are made, and are this process's own.

        The generator is the loader's own, so that making it draws nothing from the random state of training.
        """
        return DataLoader(self._feed, batch_size=None, generator=torch.Generator())

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> LambdaLR:  # noqa: ANN401, ARG002
        """Return the schedule, which follows the pace."""
        if self.lr_scheduler is None:
            self.lr_scheduler = LambdaLR(optimizer or cast("torch.optim.Optimizer", self.optimizer), self._factor)
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> torch.Tensor:  # noqa: ANN401
        """Compute one batch. Raises TrainingDiverged where its loss is no number."""
        loss: torch.Tensor = super().training_step(model, {**inputs, "use_cache": False}, num_items_in_batch)
        if not torch.isfinite(loss):
            raise TrainingDiverged(
                f"The loss is {float(loss)} after {self.state.global_step} updates. Try a lower learning_rate, a "
                "longer warmup, a smaller clip, or bf16 instead of fp16. The last state is kept: the same command "
                "goes on from it, and other options begin anew."
            )
        return loss

    def evaluate(self, *_: object, **__: object) -> dict[str, float]:
        """Judge the weights that would be kept, in every process; the first one's figures count."""
        if self._judge is None:
            return {}
        if self._average is None:
            judgement = self._judge.judge(self._network)
        else:
            with self._average.in_place(self._network):
                judgement = self._judge.judge(self._network)
        [judgement] = broadcast_object_list([judgement])
        self._keeper.judged(judgement, self.control)
        metrics = {f"eval_{name}": value for name, value in judgement.metrics.items()}
        self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def save_result(self, directory: Path) -> None:
        """Write the weights that would be kept: the average where there is one."""
        if self._average is None:
            self.save_model(str(directory), _internal_call=True)
        else:
            with self._average.in_place(self._network):
                self.save_model(str(directory), _internal_call=True)

    def _factor(self, step: int) -> float:
        options = self._options
        return rate_factor(options.schedule, step=step, fraction=self._pace.fraction, warmup=options.warmup)


def smoothed_loss(smoothing: float) -> Callable[..., torch.Tensor]:
    """Return the loss of a batch: cross-entropy over the tokens of the whole update, padding apart."""

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor) -> torch.Tensor:  # noqa: ANN401
        logits = outputs.logits.float().flatten(0, 1)
        whole = functional.cross_entropy(
            logits, labels.flatten(), ignore_index=IGNORED, label_smoothing=smoothing, reduction="sum"
        )
        return whole / num_items_in_batch

    return loss


def training_arguments(options: TrainOptions, states: Path, seed: int) -> Seq2SeqTrainingArguments:
    """Return the Trainer's arguments. Raises RecipeInvalid, ExtraMissing."""
    if options.precision == "fp16" and (options.device == "cpu" or not torch.cuda.is_available()):
        raise RecipeInvalid("fp16 needs a GPU. On the CPU take bf16 or fp32.")
    return Seq2SeqTrainingArguments(
        output_dir=str(states),
        max_steps=options.max_steps or _NO_LIMIT,
        gradient_accumulation_steps=options.accumulate,
        learning_rate=options.learning_rate,
        adam_beta2=0.98,
        weight_decay=options.weight_decay,
        max_grad_norm=options.clip,
        bf16=options.precision == "bf16",
        fp16=options.precision == "fp16",
        use_cpu=options.device == "cpu" or not torch.cuda.is_available(),
        eval_strategy="steps",
        eval_steps=options.evaluate_every,
        save_strategy="steps",
        save_steps=options.save_every,
        save_total_limit=2,
        logging_steps=options.log_every,
        logging_nan_inf_filter=False,
        ignore_data_skip=True,
        disable_tqdm=True,
        report_to=[],
        seed=seed,
        deepspeed=_deepspeed(options),
    )


def agreed(seconds: float) -> float:
    """Return the first process's number in all of them."""
    return float(broadcast(torch.tensor(seconds, dtype=torch.float64)))


def _deepspeed(options: TrainOptions) -> str | None:
    if options.deepspeed is None:
        return None
    _needs("deepspeed", "the option deepspeed")
    if options.ema and _zero_stage(options.deepspeed) == 3:
        raise RecipeInvalid("ema does not go with ZeRO's stage 3, which spreads the weights. Take stage 2, or ema = 0.")
    return str(options.deepspeed)


def _zero_stage(path: Path) -> int:
    try:
        return int(json.loads(path.read_text(encoding="utf-8")).get("zero_optimization", {}).get("stage", 0))
    except (OSError, ValueError, AttributeError) as error:
        raise RecipeInvalid(f"{path} is no configuration of DeepSpeed: {error}") from error


def _reporters(options: TrainOptions, logs: Path) -> list[TrainerCallback]:
    if options.report_to == "tensorboard":
        _needs("tensorboard", "report_to = tensorboard")
        from torch.utils.tensorboard import SummaryWriter
        from transformers.integrations.integration_utils import TensorBoardCallback

        make: Callable[..., TrainerCallback] = TensorBoardCallback
        return [make(SummaryWriter(str(logs)))]
    if options.report_to == "wandb":
        _needs("wandb", "report_to = wandb")
        from transformers.integrations.integration_utils import WandbCallback

        make_wandb: Callable[..., TrainerCallback] = WandbCallback
        return [make_wandb()]
    return []


def _needs(library: str, what: str) -> None:
    if find_spec(library) is None:
        raise ExtraMissing(f"{what} needs {library}. Install it: pip install {library}")
