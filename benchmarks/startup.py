"""Time from `babelpool serve` to its first answer, and memory with one tier and with three over the same checkpoints.

Run: make bench-startup. Starts servers on loopback one after the other; takes some seconds.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

REPEATS = 5
ONE_TIER = '[tiers.basic]\ncheckpoints = ["embedded/en-pt", "embedded/pt-en"]\nmax_length = 128\n'
TIERS = {
    "1 tier": ONE_TIER,
    "3 tiers": ONE_TIER + "".join(ONE_TIER.replace("basic", name) for name in ("medium", "premium")),
}
TEXT = "The weather is nice today. Shall we walk?"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(url: str, source: str, target: str, tier: str = "basic") -> str:
    body = {"text": TEXT, "source_language": source, "target_language": target, "model_type": tier}
    request = urllib.request.Request(
        f"{url}/translate", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["translated_text"])


def first_answer(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            ask(url, "en", "pt")
        except urllib.error.URLError:
            time.sleep(0.005)
        else:
            return
    raise TimeoutError("no answer in 60 s")


def resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def measure(config: str, tiers: int) -> tuple[float, float, float]:
    """Seconds to the first answer, MiB of RSS when ready, MiB after 100 requests to each tier and direction."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "babelpool.toml"
        path.write_text(config, encoding="utf-8")
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", "--port", str(port), "--config", str(path)],
            stderr=subprocess.DEVNULL,
            env=os.environ | {"BABELPOOL_DATA_DIR": directory},
        )
        try:
            first_answer(url)
            seconds = time.monotonic() - started
            ask(url, "pt", "en")
            loaded = resident_mib(process.pid)
            for tier in ("basic", "medium", "premium")[:tiers]:
                for _ in range(100):
                    ask(url, "en", "pt", tier)
                    ask(url, "pt", "en", tier)
            return seconds, loaded, resident_mib(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def main() -> None:
    print(f"{'':8}  first answer  RSS loaded  RSS warm   (medians of {REPEATS})")
    for name, config in TIERS.items():
        runs = [measure(config, int(name[0])) for _ in range(REPEATS)]
        seconds, loaded, warm = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"{name:8}  {seconds:10.2f} s  {loaded:6.1f} MiB  {warm:5.1f} MiB")


if __name__ == "__main__":
    main()
