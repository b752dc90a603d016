from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.errors import Problem, TooManyRequests
from app.jobs import DocumentWishes, Job, JobNotFound, JobState, JobStoreFailed, StorageFull, Warned
from app.jobs.orders import Order
from app.jobs.store import JobStore, NewJob, Room, database
from app.jobs.worklog import Settled, WorkLog
from app.text.segmentation import Split

ORDER = Order("auto", "pt", None, DocumentWishes("g", {"house": "lar"}, ("Acme",), Split.NEVER))
SETTLED = Settled("digest", "en", "pt-BR", 100, ("A note.",))


class Shelf:
    """A store and its other side, with a clock."""

    def __init__(self, path: Path, room: Room) -> None:
        self.time = 1000.0
        file = database(path)
        self.store = JobStore(file, room, 60.0, lambda: self.time)
        self.log = WorkLog(file, 60.0, lambda: self.time)

    def add(self, client: str = "me", owner: str = "me", size: int = 1, **fields: Any) -> Job:  # noqa: ANN401 - of Job
        self.time += 1
        made = datetime.fromtimestamp(self.time, UTC)
        usual = {"filename": "a.txt", "format": "txt", "source": "auto", "target": "pt", "tier": None, "key": "secret"}
        job = Job(id=str(uuid4()), owner=owner, state=JobState.QUEUED, created=made, **(usual | fields))
        self.store.add(NewJob(job, client, ORDER, size))
        return job


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Shelf]:
    return lambda queued=9, unfinished=9, size=99: Shelf(
        tmp_path / "d" / "jobs.sqlite3", Room(queued, unfinished, size)
    )


@pytest.fixture
def shelf(make: Callable[..., Shelf]) -> Shelf:
    return make()


def test_nothing_is_on_disk_before_the_first_job(shelf: Shelf) -> None:
    assert not any((shelf.store.list(None), shelf.log.waiting(), shelf.store.expire()))
    assert shelf.store.known() == set()
    assert set(shelf.store.counts().values()) == {0}
    shelf.store.check_room("me", 1)
    for attempt in (shelf.store.get, shelf.store.delete):
        with pytest.raises(JobNotFound):
            attempt("x", None)
    assert not shelf.store.file.exists


def test_a_job_comes_back_as_it_was_made_without_its_key(shelf: Shelf) -> None:
    job = shelf.add()
    assert shelf.store.get(job.id, "me") == shelf.store.list("me")[0] == replace(job, key="")
    begun = shelf.log.begin(job.id)
    assert begun is not None
    assert (begun.order, begun.client, begun.attempts) == (ORDER, "me", 1)
    assert "secret" not in str(sqlite3.connect(shelf.store.file.path).execute("SELECT * FROM jobs").fetchall())


def test_an_owner_sees_only_its_own_and_a_key_must_fit(shelf: Shelf) -> None:
    job = shelf.add()
    assert shelf.store.list("other") == []
    assert shelf.store.get(job.id, None) == shelf.store.get(job.id, "me", "secret")
    for wrong in (("other", None), ("me", ""), ("me", "secret "), ("me", "\ud800"), (None, "x")):
        for attempt in (shelf.store.get, shelf.store.delete):
            with pytest.raises(JobNotFound):
                attempt(job.id, *wrong)
    shelf.store.delete(job.id, "me", "secret")
    assert shelf.store.known() == set()


@pytest.mark.parametrize(
    "wrong", ["", "x", "../../etc/passwd", "' OR 1=1 --", "\x00", "00000000-0000-4000-8000-000000000000"]
)
def test_an_id_that_is_none_is_not_found(shelf: Shelf, wrong: str) -> None:
    shelf.add()
    with pytest.raises(JobNotFound):
        shelf.store.get(wrong, None)


def test_job_whose_time_is_over_is_gone_before_it_is_swept_away(shelf: Shelf) -> None:
    job = shelf.add()
    shelf.log.begin(job.id)
    shelf.log.finish(job.id, size=2)
    shelf.time += shelf.store.keep
    assert [one.id for one in shelf.store.list("me")] == [shelf.store.get(job.id, "me").id] == [job.id]
    shelf.time += 1
    assert shelf.store.list("me") == []
    with pytest.raises(JobNotFound):
        shelf.store.get(job.id, "me")


def test_the_queue_the_client_and_the_disk_have_bounds(make: Callable[..., Shelf]) -> None:
    shelf = make(queued=3, unfinished=2)
    first = shelf.add()
    shelf.add()
    with pytest.raises(TooManyRequests, match="max_jobs_per_client") as caught:
        shelf.add()
    assert caught.value.retry_after
    shelf.add(client="other", size=90)
    with pytest.raises(TooManyRequests, match="max_queued"):
        shelf.add(client="third")
    shelf.log.begin(first.id)
    with pytest.raises(StorageFull, match="max_stored"):
        shelf.add(client="third", size=8)
    with pytest.raises(TooManyRequests):
        shelf.store.check_room("me", 1)
    shelf.log.finish(first.id, size=2)
    shelf.add()


def test_turns_go_to_the_client_with_the_fewest_at_work_then_by_age(shelf: Shelf) -> None:
    mine, more, other = shelf.add(), shelf.add(), shelf.add(client="other")
    assert shelf.log.waiting() == [mine.id, more.id, other.id]
    shelf.log.begin(mine.id)
    assert shelf.log.waiting() == [other.id, mine.id, more.id]


def test_what_was_read_and_made_is_kept_until_the_job_is_over(shelf: Shelf) -> None:
    job = shelf.add()
    shelf.log.begin(job.id)
    assert shelf.log.settle(job.id, SETTLED).translations == {}
    shelf.log.add(job.id, {0: "um", 2: "três"}, done=40, ready_at=shelf.time + 30, warnings={"odd": 2})
    seen = shelf.store.get(job.id, "me")
    assert (seen.source, seen.target, seen.characters, seen.done) == ("en", "pt-BR", 100, 40)
    assert (seen.seconds_remaining, seen.warnings, seen.notes) == (30, (Warned("odd", 2),), ("A note.",))
    shelf.time += 100
    assert shelf.store.get(job.id, "me").seconds_remaining == 1
    kept = shelf.log.settle(job.id, SETTLED)
    assert (kept.translations, kept.warnings) == ({0: "um", 2: "três"}, {"odd": 2})
    done = shelf.log.finish(job.id, size=7)
    assert (done.state, done.seconds_remaining) == (JobState.DONE, 0)
    with sqlite3.connect(shelf.store.file.path) as db:
        assert db.execute("SELECT count(*) FROM translations").fetchone() == (0,)


def test_translations_of_another_text_are_dropped(shelf: Shelf) -> None:
    job = shelf.add()
    shelf.log.settle(job.id, SETTLED)
    shelf.log.add(job.id, {0: "um"}, done=40, ready_at=0, warnings={"odd": 2})
    kept = shelf.log.settle(job.id, replace(SETTLED, digest="another"))
    assert (kept.translations, kept.warnings) == ({}, {})
    assert shelf.store.get(job.id, "me").done == 0


def test_attempts_are_counted_and_a_job_that_is_put_back_had_none(shelf: Shelf) -> None:
    job = shelf.add()
    for attempt in (1, 2):
        begun = shelf.log.begin(job.id)
        assert begun is not None
        assert (begun.attempts, begun.job.state) == (attempt, JobState.TRANSLATING)
    shelf.log.put_back(job.id)
    assert shelf.store.get(job.id, "me").state is JobState.QUEUED
    again = shelf.log.begin(job.id)
    assert again is not None
    assert again.attempts == 2


def test_an_error_comes_back_as_it_was(shelf: Shelf) -> None:
    job = shelf.add()
    problem = Problem(429, "quota_exceeded", "Tëxt.", {"left": 1}, 3.5)
    assert shelf.log.fail(job.id, problem) == shelf.store.get(job.id, "me")
    seen = shelf.store.get(job.id, "me")
    assert (seen.state, seen.error) == (JobState.ERROR, problem)
    shelf.log.put_back(job.id)
    assert shelf.store.get(job.id, "me") == seen
    assert shelf.log.begin(job.id) is None
    assert shelf.log.waiting() == []


def test_a_job_is_forgotten_some_time_after_its_end(shelf: Shelf) -> None:
    over, waiting = shelf.add(), shelf.add()
    shelf.log.finish(over.id, size=1)
    ended = shelf.time
    seen = shelf.store.get(over.id, "me")
    assert seen.expires is not None
    assert seen.expires.timestamp() == ended + 60
    shelf.time = ended + 60
    assert shelf.store.expire() == []
    shelf.time += 1
    assert shelf.store.expire() == [over.id]
    assert shelf.store.known() == {waiting.id}
    assert shelf.store.counts()[JobState.QUEUED] == 1


def test_whoever_works_on_a_deleted_job_is_told(shelf: Shelf) -> None:
    job = shelf.add()
    shelf.store.delete(job.id, "me")
    shelf.log.put_back(job.id)
    for work in (
        lambda: shelf.log.begin(job.id),
        lambda: shelf.log.settle(job.id, SETTLED),
        lambda: shelf.log.add(job.id, {0: "x"}, done=1, ready_at=0, warnings={}),
        lambda: shelf.log.finish(job.id, size=1),
        lambda: shelf.log.fail(job.id, Problem(500, "x", "x")),
    ):
        with pytest.raises(JobNotFound):
            work()


def test_a_store_that_cannot_be_opened_is_a_503(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "jobs.sqlite3").write_text("this is no database, whatever its name says" * 50)
    with pytest.raises(JobStoreFailed):
        Shelf(tmp_path / "d" / "jobs.sqlite3", Room(1, 1, 1)).store.list(None)


def test_a_disk_without_room_is_told_and_changes_nothing(shelf: Shelf) -> None:
    job = shelf.add()
    with sqlite3.connect(shelf.store.file.path) as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()

    def crowded(connect: Callable[..., sqlite3.Connection]) -> Callable[..., sqlite3.Connection]:
        def limited(*args: Any, **options: Any) -> sqlite3.Connection:  # noqa: ANN401 - passed on
            db = connect(*args, **options)
            db.execute(f"PRAGMA max_page_count = {pages}")
            return db

        return limited

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", crowded(sqlite3.connect))
        with pytest.raises(StorageFull, match="no room"):
            shelf.log.add(job.id, {0: "x" * 1_000_000}, done=1, ready_at=0, warnings={})
    assert shelf.store.get(job.id, "me").done == 0
