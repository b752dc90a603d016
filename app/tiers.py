"""Tiers and what they serve: (tier, source, target) -> route, policies, languages; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from app.errors import PairUnsupported, UnknownTier
from app.routes import Route, RouteTable
from model_pool.replica import ReplicaSpec
from model_pool.residency.entry import Policy
from model_pool.types import DecodeOptions, ReplicaKey


@dataclass(frozen=True)
class Tier:
    """A named choice of quality and speed. `max_length` in source tokens per segment; pivots: see `RouteTable`."""

    name: str
    description: str
    specs: tuple[ReplicaSpec, ...]
    options: DecodeOptions
    max_length: int
    preload: bool
    policy: Policy
    fallback: str
    pivots: tuple[str, ...] = ()

    @cached_property
    def routes(self) -> RouteTable:
        """Every way from one language to another."""
        return RouteTable(self.specs, self.pivots)

    @cached_property
    def pairs(self) -> dict[str, tuple[str, ...]]:
        """Source code -> target codes, pivoted ones included, both sorted."""
        return self.routes.targets()

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Codes that this tier reads, sorted."""
        return tuple(self.pairs)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Every code that this tier reads or writes, sorted."""
        return tuple(sorted({*self.pairs, *(target for targets in self.pairs.values() for target in targets)}))

    def route(self, source: str, target: str) -> Route:
        """Return the way from one to the other. Raises PairUnsupported with the targets there are."""
        route = self.routes.find(source, target)
        if route is not None:
            return route
        targets = self.pairs.get(source, ())
        raise PairUnsupported(
            f"Tier {self.name!r} does not translate {source} to {target}. From {source} it reaches: "
            f"{', '.join(targets) or 'nothing'}. GET /languages lists all pairs.",
            detail={"source": source, "target": target, "targets": targets},
        )


class TierTable(Mapping[str, Tier]):
    """Every tier by name, in the order of the configuration."""

    def __init__(self, tiers: Iterable[Tier], *, default: str) -> None:
        self._tiers = {tier.name: tier for tier in tiers}
        self.default = default

    def __getitem__(self, name: str) -> Tier:
        """Return a tier. Raises UnknownTier, which is no KeyError: it is the client's mistake."""
        tier = self._tiers.get(name)
        if tier is None:
            raise UnknownTier(
                f"There is no tier {name!r}. Choose one of: {', '.join(self._tiers)}.", detail={"tiers": [*self._tiers]}
            )
        return tier

    def __iter__(self) -> Iterator[str]:
        return iter(self._tiers)

    def __len__(self) -> int:
        return len(self._tiers)

    @property
    def references(self) -> list[tuple[Tier, ReplicaSpec]]:
        """Every (tier, checkpoint reference) of the configuration; what a server without sharing would load."""
        return [(tier, spec) for tier in self.values() for spec in tier.specs]

    @property
    def unique(self) -> dict[ReplicaKey, ReplicaSpec]:
        """One spec per replica, in order of first use."""
        unique: dict[ReplicaKey, ReplicaSpec] = {}
        for _, spec in self.references:
            unique.setdefault(spec.key, spec)
        return unique

    def is_preloaded(self, key: ReplicaKey) -> bool:
        """Say whether a tier wants this replica in memory from the start."""
        return bool(self.preloaders_of(key))

    def preloaders_of(self, key: ReplicaKey) -> list[str]:
        """Names of the tiers that want this replica in memory from the start, in order."""
        return list(dict.fromkeys(tier.name for tier, spec in self.references if tier.preload and spec.key == key))

    def references_of(self, key: ReplicaKey) -> list[str]:
        """Names that the tiers know a replica by, in order."""
        return list(dict.fromkeys(spec.checkpoint.reference for _, spec in self.references if spec.key == key))

    def policy_of(self, key: ReplicaKey) -> Policy:
        """Join what the tiers of a replica want: pinned if any pins it, kept for the longest that any asks for."""
        wanted = [tier.policy for tier, spec in self.references if spec.key == key]
        lasting = [policy.keep_alive for policy in wanted if policy.keep_alive is not None]
        return Policy(
            keep_alive=max(lasting) if len(lasting) == len(wanted) else None,
            pinned=any(policy.pinned for policy in wanted),
            demote=any(policy.demote for policy in wanted),
        )

    def languages(self) -> dict[str, list[str]]:
        """Source code -> target codes over all tiers, both sorted."""
        pairs: dict[str, set[str]] = {}
        for tier in self.values():
            for source, targets in tier.pairs.items():
                pairs.setdefault(source, set()).update(targets)
        return {source: sorted(pairs[source]) for source in sorted(pairs)}

    def pivoted(self) -> dict[str, dict[str, str]]:
        """Source -> target -> pivot for the pairs that every tier which serves them pivots; the first tier's pivot."""
        over: dict[str, dict[str, str]] = {}
        for tier in self.values():
            for source, targets in tier.routes.pivoted().items():
                over[source] = {**targets, **over.get(source, {})}
        never = {source: self._never_direct(source, over[source]) for source in sorted(over)}
        return {source: targets for source, targets in never.items() if targets}

    def _never_direct(self, source: str, over: Mapping[str, str]) -> dict[str, str]:
        routes = [tier.routes for tier in self.values()]
        return {target: over[target] for target in sorted(over) if not any(r.is_direct(source, target) for r in routes)}
