"""(source, target) -> route over a tier's checkpoints: direct where one serves the pair, else over a pivot; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from model_pool.replica import ReplicaSpec

ANY_PIVOT = "any"
"""In a list of pivots: every other language, in the order of their codes."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One checkpoint's part of a route, in its own codes."""

    spec: ReplicaSpec
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Route:
    """How a pair is translated: one leg, or two that meet in the pivot."""

    legs: tuple[Leg, ...]

    @property
    def source(self) -> str:
        """What it reads."""
        return self.legs[0].source

    @property
    def target(self) -> str:
        """What it writes."""
        return self.legs[-1].target

    @property
    def languages(self) -> tuple[str, ...]:
        """Every language on the way, source and target included."""
        return (self.source, *(leg.target for leg in self.legs))

    @property
    def is_direct(self) -> bool:
        """Whether one checkpoint does it."""
        return len(self.legs) == 1


@dataclass(frozen=True)
class RouteTable:
    """Every route of some checkpoints.

    specs: the first that serves a pair does it. pivots: languages to go over where none does, best first; ANY_PIVOT
    among them stands for all others. Empty: no pivoting. A route has one pivot at most.
    """

    specs: tuple[ReplicaSpec, ...]
    pivots: tuple[str, ...] = ()
    _direct: dict[str, dict[str, ReplicaSpec]] = field(init=False, repr=False, compare=False)
    _over: dict[str, dict[str, str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        direct = _direct_pairs(self.specs)
        object.__setattr__(self, "_direct", direct)
        object.__setattr__(self, "_over", _pivoted_pairs(direct, self.pivots) if self.pivots else {})

    def find(self, source: str, target: str) -> Route | None:
        """Return the direct route, else the one over the best pivot, else None. The same answer every time."""
        direct = self._leg(source, target)
        if direct is not None:
            return Route((direct,))
        pivot = self._over.get(source, {}).get(target)
        if pivot is None:
            return None
        return Route((Leg(self._direct[source][pivot], source, pivot), Leg(self._direct[pivot][target], pivot, target)))

    def is_direct(self, source: str, target: str) -> bool:
        """Whether one checkpoint serves the pair."""
        return target in self._direct.get(source, {})

    def targets(self) -> dict[str, tuple[str, ...]]:
        """Source -> every target that has a route, both sorted."""
        return {source: tuple(sorted({*self._direct[source], *self._over.get(source, {})})) for source in self._direct}

    def pivoted(self) -> Mapping[str, Mapping[str, str]]:
        """Source -> target -> pivot for the pairs that no checkpoint serves by itself, all sorted."""
        return self._over

    def _leg(self, source: str, target: str) -> Leg | None:
        spec = self._direct.get(source, {}).get(target)
        return Leg(spec, source, target) if spec else None


def _direct_pairs(specs: Iterable[ReplicaSpec]) -> dict[str, dict[str, ReplicaSpec]]:
    pairs: dict[str, dict[str, ReplicaSpec]] = {}
    for spec in specs:
        manifest = spec.checkpoint.manifest
        for source in manifest.sources:
            for target in manifest.targets:
                if manifest.translates(source, target):
                    pairs.setdefault(source, {}).setdefault(target, spec)
    return {source: pairs[source] for source in sorted(pairs)}


def _pivoted_pairs(direct: Mapping[str, Mapping[str, ReplicaSpec]], pivots: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return source -> target -> pivot. Set by set: two hundred languages are forty thousand pairs."""
    reached = {source: frozenset(targets) for source, targets in direct.items()}
    everything = frozenset(target for targets in reached.values() for target in targets)
    found: dict[str, dict[str, str]] = {}
    for source, near in reached.items():
        missing = everything - near - {source}
        over: dict[str, str] = {}
        for pivot in _in_order(pivots, near & reached.keys()):
            if not missing:
                break
            over |= dict.fromkeys(missing & reached[pivot], pivot)
            missing -= reached[pivot]
        if over:
            found[source] = {target: over[target] for target in sorted(over)}
    return found


def _in_order(pivots: Sequence[str], possible: frozenset[str]) -> Iterator[str]:
    for pivot in pivots:
        if pivot == ANY_PIVOT:
            yield from sorted(possible.difference(pivots))
        elif pivot in possible:
            yield pivot
