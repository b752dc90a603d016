from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Server
from tests.embedded import WALK_IN_PORTUGUESE, WEATHER_IN_PORTUGUESE

Launch = Callable[..., Server]
WEATHER = {
    "text": "The weather is nice today. Shall we walk?",
    "source_language": "en",
    "target_language": "pt",
    "model_type": "basic",
}


def test_first_curl_of_a_newcomer_is_answered_in_portuguese(launch: Launch) -> None:
    server = launch()
    server.wait_ready()
    answer = httpx.post(f"{server.url}/translate", json=WEATHER)
    assert answer.status_code == 200
    assert answer.json()["translated_text"] == f"{WEATHER_IN_PORTUGUESE} {WALK_IN_PORTUGUESE}"


def test_start_up_log_tells_the_sharing_story(launch: Launch) -> None:
    server = launch()
    server.wait_ready()
    log = server.log.read_text()
    assert "3 tiers: basic, medium, premium; 6 checkpoint references" in log
    assert "embedded/en-pt is shared by basic, medium, premium: loaded once" in log
    assert "2 replicas to load, 4 loads saved by sharing" in log
    assert log.count("loaded embedded/en-pt on cpu as int8_float32 in ") == 1


def test_request_during_the_load_waits_for_it_and_is_answered(launch: Launch) -> None:
    server = launch()
    server.wait_live()
    answer = httpx.post(f"{server.url}/translate", json=WEATHER, timeout=30)
    assert answer.status_code == 200
    assert "tempo" in answer.json()["translated_text"]


def test_serving_process_has_neither_torch_nor_transformers(launch: Launch) -> None:
    server = launch()
    server.wait_ready()
    httpx.post(f"{server.url}/translate", json=WEATHER | {"source_language": "auto"})
    mapped = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "ctranslate2" in mapped
    assert "/torch/" not in mapped
    assert "/transformers/" not in mapped


def test_everything_that_serves_imports_neither_torch_nor_transformers() -> None:
    code = (
        "import sys, app.server, app.cli.commands, app.cli.offline\n"
        "from app.detection import FastTextDetector\n"
        "FastTextDetector().detect('A casa é vermelha', ['en', 'pt'])\n"
        "print([name for name in ('torch', 'transformers', 'numpy.testing') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def requests_at_work(server: Server) -> int:
    """Count the leases of requests; each running batch holds one of its own."""
    replica = httpx.get(f"{server.url}/stats").json()["replicas"][0]
    return int(replica["leases"] - replica["running_batches"])


def test_sigterm_under_load_answers_everything_in_flight_and_exits_with_0(launch: Launch) -> None:
    server = launch()
    server.wait_ready()
    statuses: list[int] = []
    started = threading.Barrier(9)

    def ask(first: int) -> None:
        numbers = range(first, first + 200)  # of its own, or the work of all would be done once, and too soon
        text = " ".join(f"The house number {number} is red and the garden is green." for number in numbers)
        started.wait(30)
        with httpx.Client(timeout=60) as client:
            answer = client.post(f"{server.url}/translate", json=WEATHER | {"text": text})
        statuses.append(answer.status_code)
        assert answer.json()["translated_text"].count("casa") == 200

    callers = [threading.Thread(target=ask, args=(200 * number,)) for number in range(1, 9)]
    for caller in callers:
        caller.start()
    started.wait(30)
    while requests_at_work(server) < 8:
        time.sleep(0.005)
    assert server.terminate() == 0
    for caller in callers:
        caller.join(60)
    assert statuses == [200] * 8
    assert "all replicas are unloaded" in server.log.read_text()


def test_server_that_is_gone_takes_no_new_connection(launch: Launch) -> None:
    server = launch()
    server.wait_ready()
    assert server.terminate() == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/live")


def test_broken_configuration_ends_at_start_up_with_a_sentence(launch: Launch) -> None:
    server = launch(BABELPOOL_TIERS__BASIC__CHECKPOINTS='["embedded/en-fr"]')
    assert server.process.wait(30) == 1
    log = server.log.read_text()
    assert "tiers.basic.checkpoints[0]: 'embedded/en-fr' is not embedded" in log
    assert "Traceback" not in log


def test_port_in_use_ends_with_a_sentence_and_not_with_0(launch: Launch) -> None:
    server = launch()
    server.wait_ready()
    port = server.url.rpartition(":")[2]
    again = subprocess.run(
        [sys.executable, "-m", "app", "serve", "--port", port], capture_output=True, text=True, timeout=60, check=False
    )
    assert again.returncode not in {0, None}
    assert "address already in use" in again.stderr


def test_corrupted_checkpoint_is_a_typed_error_naming_the_file(launch: Launch, tmp_path: Path) -> None:
    import shutil

    from model_pool.catalog.catalog import EMBEDDED_DIR

    shutil.copytree(EMBEDDED_DIR / "en-pt", tmp_path / "broken")
    with (tmp_path / "broken" / "source.spm").open("ab") as file:
        file.write(b"!")
    config = tmp_path / "babelpool.toml"
    config.write_text(
        f'[tiers.basic]\ncheckpoints = ["embedded/pt-en", {json.dumps(str(tmp_path / "broken"))}]\n', encoding="utf-8"
    )
    server = launch(BABELPOOL_CONFIG=str(config))
    server.wait_live()
    broken = httpx.post(f"{server.url}/translate", json=WEATHER)
    assert broken.status_code == 503
    assert "source.spm" in broken.json()["message"]
    assert broken.json()["detail"] == {"cause": "checkpoint_corrupted"}
    back = {"text": "Vamos andar?", "source_language": "pt", "target_language": "en"}
    other = httpx.post(f"{server.url}/translate", json=back)
    assert other.status_code == 200
    ready = httpx.get(f"{server.url}/ready")
    assert ready.status_code == 503
    assert "source.spm" in ready.json()["message"]


def test_sigterm_during_start_up_ends_at_once_with_0(launch: Launch) -> None:
    server = launch()
    status = Path(f"/proc/{server.process.pid}/status")
    while not int(
        next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("SigCgt")), 16
    ) & (1 << (15 - 1)):
        time.sleep(0.001)
    assert server.terminate() == 0


@pytest.mark.parametrize("how", ["signal", "file"])
def test_changed_configuration_is_taken_without_a_restart(launch: Launch, tmp_path: Path, how: str) -> None:
    config = tmp_path / "babelpool.toml"
    config.write_text('[tiers.basic]\ncheckpoints = ["embedded/en-pt"]\n', encoding="utf-8")
    watch = "0.05" if how == "file" else "0"
    server = launch(BABELPOOL_CONFIG=str(config), BABELPOOL_SERVER__WATCH_CONFIG=watch)
    server.wait_ready()
    config.write_text("[tiers.basic\n", encoding="utf-8")
    config_2 = '[tiers.gold]\ncheckpoints = ["embedded/pt-en"]\n'

    def reload_and_wait(sign: str) -> None:
        if how == "signal":
            server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 30
        while sign not in server.log.read_text() and time.monotonic() < deadline:
            time.sleep(0.02)

    reload_and_wait("is not valid TOML")
    assert httpx.post(f"{server.url}/translate", json=WEATHER).status_code == 200
    config.write_text('default_tier = "gold"\n' + config_2, encoding="utf-8")
    reload_and_wait("unloaded embedded/en-pt")
    assert list(httpx.get(f"{server.url}/models").json()["available_models"]) == ["gold"]
    body = {"text": "A casa é vermelha.", "source_language": "pt", "target_language": "en"}
    assert httpx.post(f"{server.url}/translate", json=body).json()["translated_text"] == "The house is red."
    assert server.terminate() == 0
