from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.documents import BrokenDocument, DocumentTooLarge, UnsupportedDocument
from app.errors import PairUnsupported, TooManyRequests, UnknownTier
from app.glossaries.glossary import Dictionary, GlossaryMismatch, GlossaryNotFound
from app.glossaries.store import GlossaryStore
from app.jobs import (
    DocumentJobs,
    DocumentsDisabled,
    DocumentWishes,
    Job,
    JobFailed,
    JobNotFound,
    JobNotReady,
    JobState,
    StorageFull,
    Warned,
)
from app.jobs.runner import MOST_ATTEMPTS, ORPHANED_AFTER
from app.keys import ApiKey
from app.languages import UnknownLanguage
from app.quotas import QuotaExceeded
from app.text.segmentation import Split
from app.wishes import NO_WISHES
from model_pool.errors import LanguageUnsupported, PoolClosed, QueueFull, SegmentFailed
from tests.app.jobs.conftest import started
from tests.app.jobs.house import House, Scripted, send, until

LONG = "x" * 7999
"""A line that fills a window with the one before it."""

NOBODY = str(uuid4())


class Gate:
    """Holds every translation until it opens, or lets one through."""

    def __init__(self) -> None:
        self.reached = 0
        self._places = asyncio.Semaphore(0)

    async def __call__(self, _: Sequence[str]) -> None:
        self.reached += 1
        await self._places.acquire()

    def let_one_through(self) -> None:
        self._places.release()

    def open(self) -> None:
        for _ in range(1000):
            self._places.release()


async def done(documents: DocumentJobs, job: Job) -> Job:
    async with asyncio.timeout(10):
        return await documents.wait(job.id, None)


async def text_of(documents: DocumentJobs, job: Job) -> str:
    return (await documents.result(job.id, None)).path.read_text()


# ---- the way of a document ----------------------------------------------------------------------------------


async def test_a_document_is_queued_translated_and_fetched(house: House) -> None:
    async with started(house) as documents:
        job = await send(documents, "!note", "one", "two", "<x>three</x>", filename="dir/a.b.txt", target="pt-BR")
        assert (job.state, job.filename, len(job.key)) == (JobState.QUEUED, "a.b.txt", 64)
        over = await done(documents, job)
        result = await documents.result(job.id, "me", job.key)
        assert (result.filename, result.media_type) == ("a.b.pt.txt", "text/plain")
        assert result.path.read_text() == "pt|ONE\npt|TWO\npt|<X>THREE</X>\n"
    assert (over.state, over.characters, over.done, over.seconds_remaining) == (JobState.DONE, 18, 18, 0)
    assert (over.source, over.target, over.notes, over.key) == ("en", "pt", ("A drawing has words.",), "")
    assert [one.id for one in house.ended] == [job.id]
    assert sorted(one.name for one in (house.root / job.id).iterdir()) == ["lock", "result"]


async def test_units_of_equal_markup_go_together_with_what_was_asked_for(house: House) -> None:
    wishes = DocumentWishes(kept=("Acme",), split=Split.NEVER)
    async with started(house) as documents:
        job = await send(documents, "one", "<x>two</x>", "three", target="pt-BR", client="c", wishes=wishes)
        await done(documents, job)
    assert house.now.fake.calls == [["one", "three"], ["<x>two</x>"]]
    plain, marked = house.now.fake.asked
    assert (plain["source"], plain["target"], plain["client"]) == ("en", "pt-BR", "c")
    assert plain["wishes"].split is Split.NEVER
    assert plain["wishes"].wording.own is not None
    assert (plain["wishes"].markup, marked["wishes"].markup is None) == (NO_WISHES.markup, False)


async def test_a_language_is_detected_once_for_all_of_it(house: House) -> None:
    async with started(house) as documents:
        over = await done(documents, await send(documents, "hm", LONG, "hello", LONG, source="auto"))
    assert over.source == "en"
    assert len(house.detector.seen) == 1
    assert {one["source"] for one in house.now.fake.asked} == {"en"}


async def test_a_document_in_the_target_language_comes_back_untranslated(house: House) -> None:
    async with started(house) as documents:
        over = await done(documents, await send(documents, "o que", source="auto"))
        assert await text_of(documents, over) == "pt|o que\n"
    assert house.now.fake.calls == []
    assert "in Portuguese already" in over.notes[0]
    assert over.done == over.characters == len("o que")


async def test_progress_and_time_left_are_told_while_it_is_translated(house: House) -> None:
    gate = Gate()

    def script(texts: Sequence[str]) -> Any:  # noqa: ANN401 - nothing, or something to wait for
        house.time += 8
        return gate(texts) if len(house.now.fake.calls) == 2 else None

    house.now.fake.script = script
    async with started(house) as documents:
        job = await send(documents, LONG, LONG, LONG)
        await until(lambda: gate.reached == 1)
        seen = await documents.get(job.id, "me")
        assert (seen.state, seen.characters, seen.done) == (JobState.TRANSLATING, 3 * 7999, 7999)
        assert seen.seconds_remaining == 8  # two windows at 8 s each, less the 8 s that the second has taken
        assert await documents.count() == {JobState.QUEUED: 0, JobState.TRANSLATING: 1, "done": 0, "error": 0}
        gate.open()
        await done(documents, job)


async def test_warnings_are_told_once_with_their_count(house: House) -> None:
    house.now.fake.warnings = ("odd",)
    async with started(house) as documents:
        over = await done(documents, await send(documents, "one", "two", LONG))
    assert over.warnings == (Warned("odd", 3),)


# ---- what is refused before anything is stored --------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"filename": "a.pdf"}, UnsupportedDocument),
        ({"filename": ""}, UnsupportedDocument),
        ({"tier": "gold"}, UnknownTier),
        ({"target": "fr"}, UnknownLanguage),
        ({"source": "fr"}, UnknownLanguage),
        ({"source": "nonsense"}, UnknownLanguage),
        ({"wishes": DocumentWishes(glossary_id=NOBODY)}, GlossaryNotFound),
    ],
)
async def test_an_order_that_cannot_be_met_is_refused_and_leaves_nothing(
    house: House, wanted: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await send(house.open(), "one", **wanted)
    assert not house.root.exists()


async def test_a_pair_that_is_not_served_is_refused(house: House) -> None:
    tier = house.now.tiers["basic"]
    one_way = replace(tier, specs=tier.specs[:1], pivots=())
    house.now.tiers = type(house.now.tiers)([one_way], default="basic")
    with pytest.raises((PairUnsupported, UnknownLanguage)):
        await send(house.open(), "one", source="pt", target="en")


@pytest.mark.parametrize(("size", "error"), [(0, BrokenDocument), (1001, DocumentTooLarge)])
async def test_a_file_of_the_wrong_size_is_refused(house: House, size: int, error: type[Exception]) -> None:
    house.settings = changed(house, max_bytes=1000)
    with pytest.raises(error):
        await send(house.open(), "x" * size)
    assert not house.root.exists()


async def test_a_server_that_takes_no_documents_says_so_and_finishes_those_it_has(house: House) -> None:
    job = await send(house.open(), "one")
    house.settings = changed(house, enabled=False)
    async with started(house) as documents:
        with pytest.raises(DocumentsDisabled, match=r"documents\.enabled"):
            await send(documents, "one")
        assert (await done(documents, job)).state is JobState.DONE


async def test_what_there_is_no_room_for_is_refused_and_leaves_nothing(house: House) -> None:
    house.settings = changed(house, max_queued=3, max_jobs_per_client=1, max_stored=100)
    documents = house.open()
    await send(documents, "one")
    for client, line, error in (("me", "x", TooManyRequests), ("other", "x" * 101, StorageFull)):
        with pytest.raises(error):
            await send(documents, line, client=client)
    assert len([one for one in house.root.iterdir() if one.is_dir()]) == 1


async def test_two_who_want_the_last_place_do_not_both_get_it(house: House) -> None:
    house.settings = changed(house, max_queued=1)
    documents = house.open()
    outcomes = await asyncio.gather(*(send(documents, "x", client=str(n)) for n in range(8)), return_exceptions=True)
    assert sum(isinstance(one, Job) for one in outcomes) == 1
    assert sum(isinstance(one, TooManyRequests) for one in outcomes) == 7
    assert len([one for one in house.root.iterdir() if one.is_dir()]) == 1


def changed(house: House, **documents: object) -> Any:  # noqa: ANN401 - Settings
    settings = house.settings
    return settings.model_copy(update={"documents": settings.documents.model_copy(update=documents)})


# ---- what goes wrong later ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ("!broken", "broken_document"),
        ("!bug", "internal_error"),
        ("!nowrite", "internal_error"),
        ("!note " + "x" * 50, "document_too_large"),
    ],
)
async def test_what_only_reading_tells_is_told_in_the_job(
    house: House, first: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.settings = changed(house, max_characters=10 if "!note" in first else 1000)
    async with started(house) as documents:
        job = await send(documents, first, "one two three")
        over = await done(documents, job)
        with pytest.raises(JobFailed) as caught:
            await documents.result(job.id, "me")
    assert over.state is JobState.ERROR
    assert over.error is not None
    assert over.error.code == code
    assert caught.value.detail == {"error": {"code": code, "message": over.error.message, "detail": None}}
    assert not (house.root / job.id / "source").exists()
    assert any(one.exc_info for one in caplog.records) == (code == "internal_error")
    assert "one two three" not in caplog.text


async def test_a_language_that_cannot_be_told_is_the_jobs_error(house: House) -> None:
    async with started(house) as documents:
        over = await done(documents, await send(documents, "hm", source="auto"))
    assert over.error is not None
    assert (over.error.code, over.error.status) == ("undecidable_language", 400)


async def test_a_file_that_was_taken_away_is_the_jobs_error(house: House) -> None:
    job = await send(house.open(), "one")
    (house.root / job.id / "source").unlink()
    (house.root / job.id).rmdir()
    async with started(house) as documents:
        over = await done(documents, job)
    assert over.error is not None
    assert over.error.code == "document_lost"


async def test_a_document_whose_files_are_out_of_reach_holds_up_no_other(house: House) -> None:
    first, second = await send(house.open(), "one"), await send(house.open(), "two")
    (house.root / first.id).rename(house.root / "away")
    (house.root / first.id).touch()
    async with started(house) as documents:
        assert (await done(documents, second)).state is JobState.DONE
        (house.root / first.id).unlink()
        (house.root / "away").rename(house.root / first.id)
        await send(documents, "three")
        assert (await done(documents, first)).state is JobState.DONE


async def test_a_full_queue_is_waited_out(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.jobs.patience._A_MOMENT", 0.01)

    def script(_: Sequence[str]) -> None:
        if len(house.now.fake.calls) < 4:
            raise QueueFull("full", retry_after=0.01)

    house.now.fake.script = script
    async with started(house) as documents:
        over = await done(documents, await send(documents, "one"))
    assert over.state is JobState.DONE
    assert len(house.now.fake.calls) == 4


async def test_an_error_of_the_pool_is_told_as_it_would_be_for_a_text(house: House) -> None:
    def script(_: Sequence[str]) -> None:
        raise LanguageUnsupported("not this pair")

    house.now.fake.script = script
    async with started(house) as documents:
        over = await done(documents, await send(documents, "one"))
    assert over.error is not None
    assert (over.error.code, over.error.message) == ("language_unsupported", "not this pair")


async def test_a_poisonous_unit_stays_as_it_was_and_spoils_no_other(house: House) -> None:
    def script(texts: Sequence[str]) -> None:
        if "poison" in texts:
            raise SegmentFailed("this segment cannot be done")

    house.now.fake.script = script
    async with started(house) as documents:
        over = await done(documents, await send(documents, "one", "two", "poison", "four", "five"))
        assert await text_of(documents, over) == "pt|ONE\npt|TWO\npt|poison\npt|FOUR\npt|FIVE\n"
    assert over.warnings == (Warned("untranslated: a passage stays as it was: this segment cannot be done", 1),)


async def test_a_document_of_poison_alone_is_an_error(house: House) -> None:
    def script(_: Sequence[str]) -> None:
        raise SegmentFailed("none can be done")

    house.now.fake.script = script
    async with started(house) as documents:
        over = await done(documents, await send(documents, "one", "two", "three"))
    assert over.error is not None
    assert over.error.code == "segment_failed"


# ---- glossaries ---------------------------------------------------------------------------------------------


async def test_a_glossary_is_checked_with_its_owner_and_used(house: House) -> None:
    glossaries = GlossaryStore(house.home / "glossaries.sqlite3", most=10, most_entries=100)
    made = glossaries.create("me", "Houses", [Dictionary("en", "pt", {"house": "lar"})])
    wishes = DocumentWishes(glossary_id=made.id)
    async with started(house) as documents:
        with pytest.raises(GlossaryNotFound):
            await send(documents, "one", sees="other", wishes=wishes)
        with pytest.raises(GlossaryMismatch):
            await send(documents, "one", source="pt", target="en", wishes=wishes)
        assert (await done(documents, await send(documents, "one", wishes=wishes))).state is JobState.DONE
        assert house.now.fake.asked[0]["wishes"].wording.stored == made
        over = await done(documents, await send(documents, "o que", source="auto", target="en", wishes=wishes))
    assert over.warnings == (Warned("glossary: it has no dictionary for pt to en, so it was not used.", 1),)
    assert house.now.fake.asked[1]["wishes"].wording.stored is None


# ---- quota --------------------------------------------------------------------------------------------------


async def test_a_quota_is_charged_when_the_document_is_read_and_given_back_when_it_fails(house: House) -> None:
    key = ApiKey(name="me", sha256="0" * 64, characters_per_day=10)
    house.usage.configure([key])
    async with started(house) as documents:
        for lines in (("!nowrite", "1234567"), ("!broken", "1234567")):
            await done(documents, await send(documents, *lines))
            assert house.usage.used("me") == (0, 10)
        await done(documents, await send(documents, "1234567"))
        assert house.usage.used("me") == (7, 10)
        over = await done(documents, await send(documents, "1234"))
        assert over.error is not None
        assert (over.error.code, over.error.status) == ("quota_exceeded", 429)
        assert house.usage.used("me") == (7, 10)
        await done(documents, await send(documents, "123"))
        with pytest.raises(QuotaExceeded):
            await send(documents, "1")
        assert (await done(documents, await send(documents, "1", owner="other"))).state is JobState.DONE


# ---- owners -------------------------------------------------------------------------------------------------


async def test_a_job_of_another_is_as_if_it_were_not_there(house: House) -> None:
    async with started(house) as documents:
        job = await send(documents, "one")
        for owner, key in (("other", None), ("", None), ("me", "wrong"), ("other", job.key)):
            for attempt in (documents.get, documents.result, documents.delete):
                with pytest.raises(JobNotFound):
                    await attempt(job.id, owner, key)
            if key is None:
                with pytest.raises(JobNotFound):
                    await documents.wait(job.id, owner)
                assert await documents.list(owner) == []
        assert [one.id for one in await documents.list("me")] == [one.id for one in await documents.list(None)]


async def test_a_result_that_is_not_ready_says_when_to_come_back(house: House) -> None:
    documents = house.open()
    job = await send(documents, "one")
    with pytest.raises(JobNotReady, match="queued") as caught:
        await documents.result(job.id, "me")
    assert caught.value.retry_after == 2.0


# ---- many at a time -----------------------------------------------------------------------------------------


async def test_no_more_are_translated_at_a_time_than_there_may_be_and_clients_take_turns(house: House) -> None:
    gate = Gate()
    house.now.fake.script = gate
    async with started(house) as documents:
        mine = [await send(documents, f"mine {number}") for number in range(3)]
        await until(lambda: gate.reached == 2)
        theirs = await send(documents, "theirs", client="other")
        counts = await documents.count()
        assert (counts[JobState.TRANSLATING], counts[JobState.QUEUED]) == (2, 2)
        gate.let_one_through()
        await until(lambda: gate.reached == 3)
        assert house.now.fake.calls[2] == ["theirs"]
        gate.open()
        for job in (*mine, theirs):
            await done(documents, job)


async def test_two_servers_over_one_directory_translate_no_document_twice(house: House) -> None:
    async with started(house) as one, started(house) as other:
        jobs = [await send(one if number % 2 else other, f"text {number}", client=str(number)) for number in range(20)]
        for job in jobs:
            assert (await done(one, job)).state is JobState.DONE
    assert sorted(call[0] for call in house.now.fake.calls) == sorted(f"text {number}" for number in range(20))


async def test_waiting_ends_when_another_server_ends_the_job(house: House) -> None:
    documents = house.open()  # never started: only another can work on it
    job = await send(documents, "one")
    waiting = asyncio.create_task(documents.wait(job.id, "me"))
    await asyncio.sleep(0.05)
    async with started(house):
        assert (await asyncio.wait_for(waiting, 10)).state is JobState.DONE


# ---- stopping and going on ----------------------------------------------------------------------------------


async def test_a_stopped_job_goes_on_with_what_was_kept(house: House) -> None:
    lines = [f"{number} {LONG}" for number in range(3)]
    job = await send(house.open(), *lines)
    house.now.fake = Scripted(script=lambda _: asyncio.sleep(3600) if len(house.now.fake.calls) > 1 else None)
    async with started(house):
        await until(lambda: len(house.now.fake.calls) == 2)
    house.now.fake = Scripted()
    async with started(house) as documents:
        over = await done(documents, job)
        assert await text_of(documents, over) == "".join(f"pt|{line.upper()}\n" for line in lines)
    assert house.now.fake.calls == [[lines[1]], [lines[2]]]


async def test_stopping_in_good_order_is_no_attempt(house: House) -> None:
    job = await send(house.open(), "one")
    house.now.fake.script = lambda _: asyncio.sleep(3600)
    for stops in range(MOST_ATTEMPTS + 2):
        async with started(house) as documents:
            await until(lambda stops=stops: len(house.now.fake.calls) > stops)  # type: ignore[misc]
        assert (await documents.get(job.id, None)).state is JobState.QUEUED
    house.now.fake.script = None
    async with started(house) as documents:
        assert (await done(documents, job)).state is JobState.DONE


async def test_closing_does_not_wait_for_a_reader_that_hangs(house: House, tmp_path: Path) -> None:
    documents = house.open()
    documents.start()
    job = await send(documents, "!hold", "one")
    await until(lambda: documents._store.get(job.id, None).state is JobState.TRANSLATING)
    began = asyncio.get_running_loop().time()
    await documents.close(5.0)
    assert asyncio.get_running_loop().time() - began < 2
    assert (await documents.get(job.id, None)).state is JobState.QUEUED
    (tmp_path / "go").touch()


async def test_a_pool_that_closes_first_costs_no_job(house: House) -> None:
    def script(_: Sequence[str]) -> None:
        raise PoolClosed("closing")

    house.now.fake.script = script
    documents = house.open()
    job = await send(documents, "one")
    documents.start()
    await until(lambda: bool(house.now.fake.calls))
    await documents.close(5.0)
    assert (await documents.get(job.id, None)).state is JobState.QUEUED


async def test_a_document_that_kills_the_server_is_given_up(house: House) -> None:
    job = await send(house.open(), "one")
    with sqlite3.connect(house.root / "jobs.sqlite3") as db:
        db.execute("UPDATE jobs SET state = 'translating', attempts = ?", (MOST_ATTEMPTS,))
    async with started(house) as documents:
        over = await done(documents, job)
    assert over.error is not None
    assert (over.error.code, over.error.status) == ("document_abandoned", 500)
    assert house.now.fake.calls == []


async def test_each_window_is_translated_with_the_configuration_of_its_time(house: House) -> None:
    gate = Gate()
    house.now.fake.script = gate
    before = house.now.fake
    async with started(house) as documents:
        job = await send(documents, f"1 {LONG}", f"2 {LONG}")
        await until(lambda: gate.reached == 1)
        house.now.fake = Scripted()
        gate.open()
        await done(documents, job)
    assert ([len(before.calls), len(house.now.fake.calls)]) == [1, 1]


# ---- forgetting ---------------------------------------------------------------------------------------------


async def test_a_job_that_is_deleted_stops_and_leaves_nothing(house: House) -> None:
    gate = Gate()
    house.now.fake.script = gate
    async with started(house) as documents:
        job, waiting = await send(documents, "one"), await send(documents, "two")
        await until(lambda: gate.reached == 2)
        await documents.delete(job.id, "me")
        with pytest.raises(JobNotFound):
            await documents.get(job.id, "me")
        gate.open()
        assert (await done(documents, waiting)).state is JobState.DONE
        await until(lambda: not (house.root / job.id).exists())
    assert [one.id for one in house.ended] == [waiting.id]


async def test_a_job_that_another_server_deletes_stops_with_its_next_window(house: House) -> None:
    gate = Gate()
    house.now.fake.script = gate
    async with started(house) as documents:
        job = await send(documents, f"1 {LONG}", f"2 {LONG}")
        await until(lambda: gate.reached == 1)
        await house.open().delete(job.id, "me")
        gate.open()
        after = await done(documents, await send(documents, "after"))
        assert after.state is JobState.DONE
    assert not (house.root / job.id).exists()
    assert [one.id for one in house.ended] == [after.id]


async def test_whoever_waits_for_a_deleted_job_is_told(house: House) -> None:
    documents = house.open()
    job = await send(documents, "one")
    waiting = asyncio.create_task(documents.wait(job.id, "me"))
    await asyncio.sleep(0.05)
    await documents.delete(job.id, "me")
    with pytest.raises(JobNotFound):
        await asyncio.wait_for(waiting, 10)


async def test_results_that_are_too_old_and_orphans_go_at_the_next_start(house: House) -> None:
    async with started(house) as documents:
        job = await send(documents, "one")
        await done(documents, job)
    orphan, young = house.root / str(uuid4()), house.root / str(uuid4())
    for directory in (orphan, young):
        directory.mkdir()
    house.time = orphan.stat().st_mtime + house.settings.documents.keep + ORPHANED_AFTER
    os.utime(young, (house.time, house.time))
    async with started(house) as documents:
        await until(lambda: not orphan.exists())
        assert await documents.list(None) == []
    assert not (house.root / job.id).exists()
    assert young.exists()


async def test_a_store_that_fails_for_a_while_loses_no_job(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.jobs.runner.LOOK_EVERY", 0.05)
    job = await send(house.open(), "one")
    file, away = house.root / "jobs.sqlite3", house.root / "away"
    file.rename(away)
    file.write_bytes(b"this is no database" * 100)
    async with started(house) as documents:
        await until(lambda: "documents wait" in caplog.text)
        away.replace(file)
        assert (await done(documents, job)).state is JobState.DONE
    assert all(record.levelno < logging.CRITICAL for record in caplog.records)


async def test_an_upload_that_fails_on_the_way_leaves_no_job(house: House) -> None:
    class Failing(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(28, "full")

    documents = house.open()
    with pytest.raises(StorageFull):
        await documents.submit(
            Failing(b"x"), filename="a.txt", source="en", target="pt", owner="", sees=None, client=""
        )
    assert await documents.list(None) == []
    assert [one for one in house.root.iterdir() if one.is_dir()] == []
