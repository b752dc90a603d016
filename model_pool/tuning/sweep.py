"""The search: coarse grid, neighbours of the best, finals in interleaved rounds; loads engines in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from model_pool.batching.forming import BatchLimits
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.devices import available_cpus, memory_in_use, return_free_memory
from model_pool.engines.base import EngineLoader
from model_pool.engines.threads import ThreadPlan
from model_pool.tokenization.base import Tokenizer
from model_pool.tuning.choice import Round, Tried, Verdict, choose
from model_pool.tuning.grid import coarse, refined
from model_pool.tuning.measure import Copy, measure
from model_pool.tuning.others import DISTURBING, Usage, taken_since
from model_pool.tuning.plan import Plan, Setting, rule
from model_pool.tuning.workload import Workload
from model_pool.types import ReplicaKey

_COARSE, _REFINE, _FINALS = 0.3, 0.2, 0.5
"""Parts of the time."""

FIRST_ROUNDS = 2
FINAL_ROUNDS = 7
_TO_REFINE = 2
_FINALISTS = 3

Progress = Callable[[str, float], None]
"""Called with the stage and the part of the measuring that is done, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was tried, the finalists first and each group best first, and what was chosen.

    The finalists come with the rounds of the finals alone; the others lost after their first ones.
    taken: CPUs of ours that other processes used on average.
    """

    finalists: tuple[Tried, ...]
    others: tuple[Tried, ...]
    verdict: Verdict
    taken: float

    @property
    def disturbed(self) -> bool:
        """Whether others took so much that the outcome is theirs as well."""
        return self.taken > DISTURBING * available_cpus()

    @property
    def tried(self) -> tuple[Tried, ...]:
        """All of them."""
        return self.finalists + self.others


@dataclass(slots=True)
class Sweep:
    """One search for one checkpoint. seconds: of measuring in all; loading engines comes on top."""

    loader: EngineLoader
    checkpoint: Checkpoint
    key: ReplicaKey
    tokenizer: Tokenizer
    load: Workload
    seconds: float
    progress: Progress = lambda _stage, _done: None
    _done: float = 0.0
    _rounds: dict[Setting, list[Round]] = field(default_factory=dict)

    async def run(self) -> Findings:
        """Return the findings. Raises EngineError and whatever else loading or translating does."""
        before = Usage.now()
        ruled = rule(device=self.key.device, cpus=available_cpus(), weights_bytes=self.checkpoint.weights_bytes)
        grid = coarse(ruled, device=self.key.device, cpus=available_cpus(), waiting=self.load.waiting)
        await self._warm_up(ruled)
        await self._stage("first look", grid, rounds=FIRST_ROUNDS, share=_COARSE)
        neighbours = refined(
            [ruled, *self._best(_TO_REFINE)], list(self._rounds), waiting=self.load.waiting, longest=self.load.longest
        )
        await self._stage("around the best", neighbours, rounds=FIRST_ROUNDS, share=_REFINE)
        finalists = list(dict.fromkeys([ruled, *self._best(_FINALISTS)]))
        for one in finalists:
            # The rounds that brought them here were their lucky ones.
            del self._rounds[one]
        await self._stage("finals", finalists, rounds=FINAL_ROUNDS, share=_FINALS)
        tried = {setting: Tried(setting, tuple(rounds)) for setting, rounds in self._rounds.items()}
        verdict = choose(tried[ruled], [tried[one] for one in finalists if one != ruled])
        ranked = sorted(tried.values(), key=lambda one: -one.rate)
        return Findings(
            finalists=tuple(one for one in ranked if one.setting in finalists),
            others=tuple(one for one in ranked if one.setting not in finalists),
            verdict=verdict,
            taken=taken_since(before),
        )

    async def _warm_up(self, setting: Setting) -> None:
        """Run once without counting: the first load brings libraries into memory, and clocks speed up."""
        self.progress("warming up", 0.0)
        await self._measure_all([setting], seconds=0.0, first=0, keep=False, share=0.0)

    async def _stage(self, name: str, settings: Sequence[Setting], *, rounds: int, share: float) -> None:
        """Measure every setting in each round, so that whatever the machine does besides hits all of them alike."""
        self.progress(name, self._done)
        count = max(1, len(settings) * rounds)
        for number in range(rounds):
            ordered = sorted(settings, key=_by_threads, reverse=bool(number % 2))
            await self._measure_all(
                ordered,
                seconds=self.seconds * share / count,
                first=number * self.load.waiting,
                share=share / count,
                name=name,
            )
        if not settings:
            self._done += share

    async def _measure_all(
        self,
        settings: Sequence[Setting],
        *,
        seconds: float,
        first: int,
        share: float,
        name: str = "",
        keep: bool = True,
    ) -> None:
        for threads, group in groupby(settings, key=lambda one: one.threads):
            copy = await asyncio.to_thread(self._load, threads)
            try:
                for setting in group:
                    return_free_memory()
                    limits = Plan(setting).limits(BatchLimits())
                    one = await measure(copy, self.load, limits, seconds=seconds, first=first)
                    if keep:
                        self._rounds.setdefault(setting, []).append(one)
                        self._done += share
                        self.progress(name, self._done)
            finally:
                copy.engine.close()

    def _load(self, threads: ThreadPlan) -> Copy:
        return_free_memory()
        device, before = self.key.device, memory_in_use(self.key.device)
        engine = self.loader.load(self.checkpoint, device=device, compute_type=self.key.compute_type, threads=threads)
        return Copy(engine, self.tokenizer, device, before)

    def _best(self, count: int) -> list[Setting]:
        """Return the settings with the fastest single round: whatever else the machine does can only slow one down."""
        return sorted(self._rounds, key=lambda one: -max(round_.rate for round_ in self._rounds[one]))[:count]


def _by_threads(setting: Setting) -> tuple[int, int, int, int]:
    return setting.inter, setting.intra, setting.max_items, setting.max_tokens
