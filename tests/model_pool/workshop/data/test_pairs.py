from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from model_pool.workshop.artifact import open_artifact
from model_pool.workshop.data.pairs import Pair, corpus_files, read_corpus, read_pairs
from model_pool.workshop.errors import DataInvalid


def test_several_files_of_all_kinds_are_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("one\t1\n\ntwo\t2\n")
    with gzip.open(tmp_path / "b.tsv.gz", "wt") as stream:
        stream.write("three\t3\r\n")
    (tmp_path / "c.jsonl").write_text(json.dumps({"source": "four\nlines", "target": "4"}) + "\n")
    (tmp_path / "d.txt").write_text("five\n")
    read = list(read_pairs([tmp_path / name for name in ("a.tsv", "b.tsv.gz", "c.jsonl", "d.txt")]))
    expected = [Pair("one", "1"), Pair("two", "2"), Pair("three", "3"), Pair("four\nlines", "4"), Pair("five")]
    assert read == expected


def test_columns_say_what_stands_where(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("web\tum\tx\tone\n")
    assert list(read_pairs([tmp_path / "a.tsv"], ("origin", "target", "-", "source"))) == [Pair("one", "um", "web")]
    (tmp_path / "a.jsonl").write_text('{"translation": {"en": "one", "pt": "um"}}\n')
    columns = ("source=translation.en", "target=translation.pt")
    assert list(read_pairs([tmp_path / "a.jsonl"], columns)) == [Pair("one", "um")]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.tsv", b"one\t1\ntwo\n", r"a\.tsv, line 2: 1 columns where 2 are expected"),
        ("a.tsv", b"one\t1\n\xff\xfe\n", r"a\.tsv, after line \d: it is not UTF-8"),
        ("a.jsonl", b'{"source": "one", "target": "1"}\n{"source": \n', r"a\.jsonl, line 2: "),
        ("a.jsonl", b'{"source": "one"}\n', r"a\.jsonl, line 1: there is no 'target'"),
        ("a.jsonl", b'{"source": "one", "target": 1}\n', r"line 1: 'target' is no text"),
        ("a.tsv.gz", b"one\t1\n", r"a\.tsv\.gz, after line 0: the gzip file is damaged"),
        ("a.tsv.gz", gzip.compress(b"one\t1\n" * 1000)[:-9], r"the gzip file is damaged"),
    ],
)
def test_malformed_line_is_told_with_file_and_line(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataInvalid, match=says):
        list(read_pairs([tmp_path / name]))


@pytest.mark.parametrize("columns", [(), ("target",), ("source", "sauce"), ("source", "source")])
def test_columns_that_make_no_sense_are_refused(tmp_path: Path, columns: tuple[str, ...]) -> None:
    with pytest.raises(DataInvalid, match="They need a source"):
        list(read_pairs([], columns))


def test_corpus_has_splits_and_files_by_hand_are_all_train(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        (tmp_path / f"{split}.tsv").write_text(f"{split}\tx\n")
    corpus = open_artifact([tmp_path])
    assert [pair.source for pair in read_corpus(corpus, "valid")] == ["valid"]
    by_hand = open_artifact([tmp_path / "valid.tsv", tmp_path / "train.tsv"])
    assert [pair.source for pair in read_corpus(by_hand)] == ["valid", "train"]
    assert corpus_files(by_hand, "test") == []
    with pytest.raises(DataInvalid, match=r"has no test\.\* file"):
        read_corpus(corpus, "test")
