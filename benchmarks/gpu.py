"""Throughput on an NVIDIA GPU in int8_float16, float16 and bfloat16, each against raw CTranslate2 on the same card.

For each compute type it does what benchmarks.throughput does with --device and --compute-type, and ends with one table.
It goes on after a compute type that the card does not have; without a card it says so and ends with status 1.

example: python -m benchmarks.gpu --seconds 8
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks import cards
from benchmarks.options import Common, command, common, parser
from benchmarks.raw import Work
from benchmarks.report import Report
from benchmarks.throughput import Summary, run
from model_pool.errors import ComputeTypeUnsupported

COMPUTE_TYPES = ("int8_float16", "float16", "bfloat16")


def main() -> None:
    arguments = parser("gpu", __doc__, seconds=8)
    arguments.add_argument("--device", default="cuda", help="card to measure on, such as cuda:1 (%(default)s)")
    arguments.add_argument("--checkpoint", default="embedded/en-pt", help="checkpoint to measure (%(default)s)")
    arguments.add_argument("--source", default="en", help="language of the sentences (%(default)s)")
    arguments.add_argument("--target", default="pt", help="language to translate to (%(default)s)")
    arguments.add_argument("--beam", type=int, default=1, help="beam size on both sides (%(default)s)")
    chosen = arguments.parse_args()
    cards.require(chosen.device, "auto")
    shared = common(chosen)
    work = Work(chosen.checkpoint, chosen.source, chosen.target, shared.texts, chosen.beam, chosen.device)
    summaries = {}
    for compute_type in COMPUTE_TYPES:
        try:
            summaries[compute_type] = _measure(shared, replace(work, compute_type=compute_type))
        except ComputeTypeUnsupported as error:
            shared.report.note(str(error))
    _tell(shared.report, summaries)
    shared.report.save()


def _measure(shared: Common, work: Work) -> Summary:
    cards.require(work.device, work.compute_type)
    report = Report(f"gpu-{work.compute_type}", shared.report.directory, shared.quick)
    summary = run(replace(shared, report=report), work, reverse="")
    report.save()
    return summary


def _tell(report: Report, summaries: dict[str, Summary]) -> None:
    report.table(
        "Compute types, each against raw CTranslate2 on the same card",
        ["compute type", "raw sentences/s", "best requests/s", "of raw", "connections", "p50 ms at 1 connection"],
        [
            [name, one.raw, one.best, one.best / one.raw, one.connections, one.single_ms]
            for name, one in summaries.items()
        ],
    )


if __name__ == "__main__":
    command(main)
