"""Documents outlive their server: killed, stopped, or one of two; what was kept is not made again."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import httpx

from app.jobs.runner import MOST_ATTEMPTS
from tests.reliability.conftest import Begin, Subject, launch_server
from tests.reliability.wire import eventually

PAIR = {"source_language": "en", "target_language": "pt"}
BEFORE = [f"Line {number} of the first part." for number in range(900)]
"""About 25,000 characters: three windows and a part of the fourth."""

AFTER = [f"Line {number} of the other part." for number in range(300)]
HELD = [*BEFORE, "hold here", *AFTER]
KEPT = 800
"""Of those lines are in windows that end before the hold."""

QUIET = {"BABELPOOL_CACHE__MAX_BYTES": "0", "BABELPOOL_HEALTH__CANARY_MAX_AGE": "100000"}
"""So that the texts which a server counts are those that it translated for documents."""


def send(subject: Subject, lines: list[str]) -> str:
    """Upload a text; return where to watch it."""
    file = {"file": ("a.txt", "\n".join(lines).encode())}
    answer = httpx.post(f"{subject.server.url}/documents", files=file, data=PAIR, timeout=30)
    assert answer.status_code == 202, answer.text
    return answer.headers["location"]


def look(subject: Subject, location: str) -> dict[str, Any]:
    shown: dict[str, Any] = httpx.get(f"{subject.server.url}{location}", timeout=30).json()
    return shown


def reach_the_hold(subject: Subject, location: str) -> None:
    """Wait until every window before it is done."""
    assert eventually(lambda: look(subject, location)["characters_done"] > 22_000), look(subject, location)


def is_over(subject: Subject, location: str) -> bool:
    return look(subject, location)["status"] in {"done", "error"}


def result(subject: Subject, location: str) -> str:
    assert eventually(lambda: is_over(subject, location), within=40), look(subject, location)
    answer = httpx.get(f"{subject.server.url}{location}/result", timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.text


def translated(subject: Subject) -> int:
    """How many texts this process has translated."""
    return int(subject.ask(path="/stats", method="GET").json["translations_count"])


def expected(lines: list[str]) -> str:
    return "".join(f"pt|{line}\n" for line in lines)


def kill(subject: Subject) -> None:
    subject.process.kill()
    subject.process.wait(30)


def test_a_killed_servers_document_goes_on_where_it_was(begin: Begin) -> None:
    first = begin(**QUIET)
    location = send(first, HELD)
    reach_the_hold(first, location)
    kill(first)
    first.go()
    second = begin(**QUIET)
    assert result(second, location) == expected(HELD)
    assert translated(second) <= len(HELD) - KEPT
    assert look(second, location)["characters_done"] == len("".join(HELD))


def test_a_stopped_servers_document_goes_on_and_the_end_does_not_wait_for_it(begin: Begin) -> None:
    first = begin(**QUIET, BABELPOOL_SERVER__SHUTDOWN_DEADLINE="2")
    location = send(first, HELD)
    reach_the_hold(first, location)
    first.process.send_signal(signal.SIGTERM)
    assert first.process.wait(5) == 0
    assert "Traceback" not in first.log
    first.go()
    second = begin(**QUIET)
    assert result(second, location) == expected(HELD)
    assert translated(second) <= len(HELD) - KEPT


def test_a_document_that_kills_the_server_does_so_a_few_times_only(begin: Begin, tmp_path: Path) -> None:
    location = send(first := begin(**QUIET), ["!die", "one"])
    assert first.process.wait(20) == -signal.SIGKILL
    for _ in range(MOST_ATTEMPTS - 1):
        again = launch_server(tmp_path, "-m", "tests.reliability.obedient_server", "serve", **QUIET)
        assert again.process.wait(20) == -signal.SIGKILL
    last = begin(**QUIET)
    assert eventually(lambda: is_over(last, location))
    assert look(last, location)["error"]["code"] == "document_abandoned"
    other = send(last, ["one"])
    assert result(last, other) == expected(["one"])


def test_two_servers_share_the_documents_and_one_takes_over_what_the_other_left(begin: Begin, tmp_path: Path) -> None:
    one, other = begin(**QUIET), begin(**QUIET)
    locations = [send(one if number % 2 else other, [f"Text {number}."]) for number in range(12)]
    held = send(one, HELD)
    for number, location in enumerate(locations):
        assert result(one, location) == expected([f"Text {number}."])
    reach_the_hold(other, held)
    worker, heir = (one, other) if one.busy("running_batches") else (other, one)
    before = translated(heir)
    kill(worker)
    heir.go()
    assert result(heir, held) == expected(HELD)
    assert translated(heir) - before <= len(HELD) - KEPT


def test_no_document_is_translated_by_two_servers(begin: Begin) -> None:
    one, other = begin(**QUIET), begin(**QUIET)
    before = translated(one) + translated(other)
    locations = [send(one if number % 2 else other, [f"Text {number}.", "More."]) for number in range(20)]
    for location in locations:
        assert eventually(lambda location=location: is_over(one, location), within=40)  # type: ignore[misc]
    assert translated(one) + translated(other) - before == 40


def test_a_deleted_document_stops_and_its_server_goes_on(begin: Begin, tmp_path: Path) -> None:
    subject = begin(**QUIET)
    location = send(subject, HELD)
    reach_the_hold(subject, location)
    assert httpx.delete(f"{subject.server.url}{location}").status_code == 204
    subject.go()
    assert eventually(subject.idle)
    assert eventually(lambda: not (tmp_path / "data" / location.strip("/")).exists())
    assert result(subject, send(subject, ["one"])) == expected(["one"])
