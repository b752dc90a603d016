"""The process that answers one question about one model: translate, align or time; touches disk and the device.

python -m model_pool.workshop.evaluate.worker question.json answer.json
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil

from model_pool.catalog.files import write_durably
from model_pool.errors import PoolError
from model_pool.workshop.artifact import Kind
from model_pool.workshop.evaluate.alignment import save_attention
from model_pool.workshop.evaluate.opening import opener
from model_pool.workshop.models.running import Running
from model_pool.workshop.models.translating import Translator, follow_all, in_order, translate_all

_WARM_UP = 5
"""Sentences before the clock runs."""


def main(question: Path, answer: Path) -> None:
    """Answer, in one step; on an error that has words, end with these."""
    request = json.loads(question.read_text(encoding="utf-8"))
    try:
        found = _ANSWERS[request["what"]](request)
    except PoolError as error:
        sys.exit(str(error))
    write_durably(answer, json.dumps(found, ensure_ascii=False).encode())


def _translate(request: dict[str, Any]) -> dict[str, Any]:
    """Translate all texts in batches, and read the references of those that have one."""
    model = _opened(request)
    outputs = in_order(translate_all(model, request["texts"], request["batch"]))
    return {
        "texts": [output.text for output in outputs],
        "tokens": [output.tokens for output in outputs],
        "truncated": [output.truncated for output in outputs],
        "compute_type": model.compute_type,
        "read": _read(model, request) if request["references"] else None,
    }


def _read(model: Translator, request: dict[str, Any]) -> dict[str, Any]:
    """Say how likely the model finds each reference, and how many tokens that has."""
    followed = follow_all(model, request["referenced"], request["references"], request["batch"])
    return {
        "log_probs": [sum(each.log_probs) for each in followed],
        "tokens": [len(each.log_probs) for each in followed],
    }


def _align(request: dict[str, Any]) -> dict[str, Any]:
    """Read translations, and write where the model looked."""
    followed = follow_all(_opened(request), request["texts"], request["targets"], request["batch"])
    save_attention(Path(request["attention"]), followed)
    return {"sentences": len(followed)}


def _time(request: dict[str, Any]) -> dict[str, Any]:
    """Time single sentences and batches, and weigh the process."""
    texts: list[str] = request["texts"]
    load = opener(Kind(request["kind"]))
    before = _resident()
    started = perf_counter()
    model = load(Path(request["path"]), Running(**request["running"]))
    loaded = perf_counter() - started
    after = _resident()
    for text in texts[:_WARM_UP]:
        model.translate([text])
    alone = [_timed(model, text) for text in texts]
    started = perf_counter()
    tokens = sum(output.tokens for _, output in translate_all(model, texts, request["batch"]))
    seconds = perf_counter() - started
    return {
        "load_seconds": loaded,
        "latencies": [latency for latency, _ in alone],
        "texts": [text for _, text in alone],
        "seconds": seconds,
        "tokens": tokens,
        "model_bytes": after - before,
        "rss": _resident(),
        "peak_rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def _timed(model: Translator, text: str) -> tuple[float, str]:
    started = perf_counter()
    [output] = model.translate([text])
    return perf_counter() - started, output.text


def _opened(request: dict[str, Any]) -> Translator:
    return opener(Kind(request["kind"]))(Path(request["path"]), Running(**request["running"]))


def _resident() -> int:
    return int(psutil.Process().memory_info().rss)


_ANSWERS = {"translate": _translate, "align": _align, "time": _time}

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
