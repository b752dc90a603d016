from __future__ import annotations

import errno
import os
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest

from app.jobs import DocumentLost, JobStoreFailed, StorageFull
from app.jobs.files import JobFiles

ID = str(uuid4())


class Broken(BytesIO):
    """An upload whose disk says no in the middle."""

    def __init__(self, number: int) -> None:
        super().__init__(b"x" * 3_000_000)
        self.number = number

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 1_000_000:
            raise OSError(self.number, os.strerror(self.number))
        return super().read(size)


@pytest.fixture
def files(tmp_path: Path) -> JobFiles:
    return JobFiles(tmp_path / "data" / "documents")


def test_an_upload_is_kept_from_its_beginning_and_read_again(files: JobFiles) -> None:
    data = BytesIO(b"hello")
    data.seek(3)
    assert files.take_in(ID, data) == 5
    assert files.source(ID) == b"hello"
    assert sorted(one.name for one in (files.root / ID).iterdir()) == ["source"]
    assert files.root.stat().st_mode & 0o077 == 0
    files.forget_source(ID)
    files.forget_source(ID)
    with pytest.raises(DocumentLost):
        files.source(ID)


@pytest.mark.parametrize(
    ("number", "error"), [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, JobStoreFailed)]
)
def test_an_upload_that_cannot_be_kept_leaves_nothing(files: JobFiles, number: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        files.take_in(ID, Broken(number))
    assert list(files.root.iterdir()) == []


def test_a_result_on_a_full_disk_is_an_error_and_no_result(files: JobFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    files.take_in(ID, BytesIO(b"x"))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull):
        files.write_result(ID, b"translated")
    assert not files.result(ID).exists()


def test_a_directory_that_cannot_be_made_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    files = JobFiles(tmp_path / "file" / "documents")
    with pytest.raises(JobStoreFailed):
        files.take_in(ID, BytesIO(b"x"))


def test_one_has_the_claim_until_it_gives_it_back(files: JobFiles) -> None:
    files.take_in(ID, BytesIO(b"x"))
    claim = files.claim(ID)
    assert claim is not None
    assert files.claim(ID) is None
    claim.release()
    again = files.claim(ID)
    assert again is not None
    again.release()


def test_only_old_directories_of_no_job_are_orphans(files: JobFiles) -> None:
    old, young, known = (str(uuid4()) for _ in range(3))
    for name in (old, young, known):
        files.take_in(name, BytesIO(b"x"))
    for name in (old, known):
        os.utime(files.root / name, (1000, 1000))
    (files.root / "jobs.sqlite3").touch()
    (files.root / "not-ours").mkdir()
    os.utime(files.root / "not-ours", (1000, 1000))
    assert files.orphans({known}, before=2000) == [old]


def test_nothing_is_an_orphan_before_the_first_document(files: JobFiles) -> None:
    assert files.orphans(set(), before=2000) == []
    assert not files.root.exists()
