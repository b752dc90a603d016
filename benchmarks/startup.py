"""Time from `babelpool serve` to its first answer, and memory with one tier and with three over the same checkpoints.

Starts servers on loopback one after the other; takes some seconds.

example: python -m benchmarks.startup
"""

from __future__ import annotations

import statistics

from benchmarks.options import Common, command, common, parser, tier
from benchmarks.servers import Server, babelpool

_CHECKPOINTS = ("embedded/en-pt", "embedded/pt-en")
_TIERS = ("basic", "medium", "premium")
_TEXT = "The weather is nice today. Shall we walk?"
_WARM_REQUESTS = 100


def main() -> None:
    arguments = parser("startup", __doc__)
    arguments.add_argument("--repeats", type=int, default=5, help="servers of each kind, for medians (%(default)s)")
    chosen = arguments.parse_args()
    shared = common(chosen)
    repeats = 1 if shared.quick else chosen.repeats
    rows: list[list[str | int | float]] = []
    for count in (1, len(_TIERS)):
        runs = [_measure(shared, _TIERS[:count]) for _ in range(repeats)]
        rows.append([count, *(statistics.median(column) for column in zip(*runs, strict=True))])
    headers = ["tiers", "first answer s", "MiB loaded", "MiB warm"]
    shared.report.table(f"Start-up, medians of {repeats}", headers, rows)
    shared.report.save()


def _measure(shared: Common, tiers: tuple[str, ...]) -> tuple[float, float, float]:
    """Return seconds to the first answer, MiB when ready, and MiB after requests to each tier and direction."""
    config = 'default_tier = "basic"\n' + "".join(tier(name, _CHECKPOINTS, {"max_length": 128}) for name in tiers)
    with babelpool(config, shared.settings, ready=lambda server: _ask(server, "en", "pt", "basic")) as server:
        _ask(server, "pt", "en", "basic")
        loaded = server.rss()
        for name in tiers:
            for _ in range(_WARM_REQUESTS):
                _ask(server, "en", "pt", name)
                _ask(server, "pt", "en", name)
        return server.start_seconds, loaded, server.rss()


def _ask(server: Server, source: str, target: str, name: str) -> None:
    server.post("/translate", {"text": _TEXT, "source_language": source, "target_language": target, "model_type": name})


if __name__ == "__main__":
    command(main)
