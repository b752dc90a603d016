from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.glossaries.glossary import (
    Dictionary,
    DictionaryInfo,
    GlossaryInvalid,
    GlossaryNotFound,
    GlossaryStoreFailed,
)
from app.glossaries.library import Library
from app.glossaries.store import GlossaryStore

EN_PT = Dictionary("en", "pt", {"house": "casa", "new york": "Nova Iorque"})
EN_DE = Dictionary("en", "de", {"house": "Haus"})
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def store(tmp_path: Path) -> GlossaryStore:
    return GlossaryStore(tmp_path / "data" / "glossaries.sqlite3", most=3, most_entries=5)


def test_nothing_is_on_disk_before_the_first_glossary(store: GlossaryStore) -> None:
    assert store.list(None) == []
    with pytest.raises(GlossaryNotFound):
        store.get(NOBODY, None)
    assert not store.path.exists()


def test_glossary_comes_back_as_it_was_made(store: GlossaryStore) -> None:
    made = store.create("mobile", "Houses", [EN_PT, EN_DE])
    assert made == store.get(made.id, "mobile") == store.list("mobile")[0]
    assert made.dictionaries == (DictionaryInfo("en", "de", 1), DictionaryInfo("en", "pt", 2))
    assert list(store.entries(made.id, "mobile", "en", "pt").items()) == list(EN_PT.entries.items())
    assert made.created.tzinfo is not None


def test_owner_sees_only_what_is_its_own(store: GlossaryStore) -> None:
    made = store.create("mobile", "Houses", [EN_PT])
    assert store.list("web") == []
    assert store.list(None) == [made]
    for attempt in (store.get, store.delete):
        with pytest.raises(GlossaryNotFound):
            attempt(made.id, "web")
    with pytest.raises(GlossaryNotFound):
        store.change(made.id, "web", name="Mine")
    assert store.get(made.id, None) == made


def test_change_merges_entries_and_replacing_does_not(store: GlossaryStore) -> None:
    made = store.create("", "Houses", [EN_PT])
    merged = Dictionary("en", "pt", {"house": "moradia", "garden": "jardim"})
    changed = store.change(made.id, "", name="Homes", merged=[merged, EN_DE])
    assert (changed.name, len(changed.dictionaries)) == ("Homes", 2)
    assert changed.version > made.version
    assert store.entries(made.id, "", "en", "pt") == {
        "house": "moradia", "new york": "Nova Iorque", "garden": "jardim",
    }  # fmt: skip
    store.replace_dictionary(made.id, "", merged)
    assert store.entries(made.id, "", "en", "pt") == merged.entries


def test_dictionaries_and_glossaries_are_deleted(store: GlossaryStore) -> None:
    made = store.create("", "Houses", [EN_PT, EN_DE])
    assert len(store.delete_dictionary(made.id, "", "en", "de").dictionaries) == 1
    with pytest.raises(GlossaryNotFound):
        store.delete_dictionary(made.id, "", "en", "de")
    store.delete(made.id, "")
    assert store.list(None) == []
    with sqlite3.connect(store.path) as db:
        assert db.execute("SELECT count(*) FROM dictionaries").fetchone() == (0,)


def test_limits_are_kept(store: GlossaryStore) -> None:
    made = [store.create("a", str(number), [EN_PT]) for number in range(3)]
    with pytest.raises(GlossaryInvalid, match="as many as there may be"):
        store.create("a", "4", [EN_PT])
    store.create("b", "1", [EN_PT])
    with pytest.raises(GlossaryInvalid, match="a dictionary may have 5"):
        store.change(made[0].id, "a", merged=[Dictionary("en", "pt", dict.fromkeys("abcd", "x"))])
    assert store.get(made[0].id, "a") == made[0]
    with pytest.raises(GlossaryInvalid, match="two dictionaries"):
        store.create("b", "2", [EN_PT, EN_PT])
    for name in ("", " ", "x\n", "x" * 1025):
        with pytest.raises(GlossaryInvalid, match="name"):
            store.create("b", name, [EN_PT])


@pytest.mark.parametrize("wrong", ["", "x", "../../etc/passwd", "' OR 1=1 --", "\x00", NOBODY])
def test_id_that_is_none_is_not_found(store: GlossaryStore, wrong: str) -> None:
    store.create("", "Houses", [EN_PT])
    with pytest.raises(GlossaryNotFound):
        store.get(wrong, "")


def test_regions_use_the_dictionary_of_their_language(store: GlossaryStore) -> None:
    made = store.create("", "Houses", [EN_PT, Dictionary("en", "pt-BR", {"house": "lar"})])
    served = {code: made.serving("en-US", code) for code in ("pt-BR", "pt", "pt-PT", "fr")}
    assert [info and info.target for info in served.values()] == ["pt-BR", "pt", "pt", None]
    chinese = store.create("", "Script", [Dictionary("en", "zh-Hant", {"house": "屋"})])
    assert chinese.serving("en", "zh-TW") is not None
    assert chinese.serving("en", "zh-Hans") is None


def test_writers_at_the_same_time_lose_nothing(store: GlossaryStore) -> None:
    big = GlossaryStore(store.path, most=100, most_entries=1000)
    made = big.create("", "Houses", [EN_PT])
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: big.change(made.id, "", merged=[Dictionary("en", "pt", {f"w{n}": "x"})]), range(40)))
    assert len(big.entries(made.id, "", "en", "pt")) == 42
    assert big.get(made.id, "").version == 41


def test_store_that_cannot_be_opened_is_a_503(tmp_path: Path) -> None:
    (tmp_path / "glossaries.sqlite3").write_text("this is no database, whatever its name says" * 50)
    with pytest.raises(GlossaryStoreFailed):
        GlossaryStore(tmp_path / "glossaries.sqlite3", 1, 1).list(None)
    (tmp_path / "file").write_text("")
    with pytest.raises(GlossaryStoreFailed):
        GlossaryStore(tmp_path / "file" / "glossaries.sqlite3", 1, 1).create("", "x", [EN_PT])


def test_file_of_a_newer_version_is_left_alone(store: GlossaryStore) -> None:
    store.create("", "Houses", [EN_PT])
    with sqlite3.connect(store.path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(GlossaryStoreFailed, match="newer"):
        store.list(None)


_WRITER = """
import sys
from pathlib import Path
from app.glossaries.glossary import Dictionary
from app.glossaries.store import GlossaryStore
store = GlossaryStore(Path(sys.argv[1]), 10**6, 10**6)
glossary = store.create("", "x", [Dictionary("en", "pt", {"n0": "0"})])
for number in range(1, 10**6):
    entries = {f"n{number}": "x" * 2000}
    store.change(glossary.id, "", name=str(number), merged=[Dictionary("en", "pt", entries)])
    print(glossary.id, number, flush=True)
"""


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.2])
def test_kill_9_loses_nothing_that_was_acknowledged_and_leaves_no_half(tmp_path: Path, seconds: float) -> None:
    path = tmp_path / "glossaries.sqlite3"
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    first = writer.stdout.readline()
    time.sleep(seconds)
    writer.kill()
    said = (first + writer.stdout.read()).splitlines()
    writer.wait()
    writer.stdout.close()
    whole = [line.split() for line in said if len(line.split()) == 2]
    glossary_id, acknowledged = whole[-1][0], int(whole[-1][1])
    store = GlossaryStore(path, 10, 10**6)
    glossary = store.get(glossary_id, "")
    entries = store.entries(glossary_id, "", "en", "pt")
    assert int(glossary.name) >= acknowledged - 1  # the last line may have been cut short
    assert len(entries) == glossary.dictionaries[0].entry_count == int(glossary.name) + 1
    store.delete(glossary_id, "")


async def test_compiled_dictionary_is_remembered_until_it_changes(store: GlossaryStore) -> None:
    library = Library(store)
    made = store.create("", "Houses", [EN_PT])

    async def literals() -> list[str | None]:
        wording = await library.wording(glossary_id=made.id, owner="", entries={}, kept=())
        terms = await wording.terms("en", "pt-BR", required=True)
        return [mark.literal for mark in terms.find("house")]

    assert await literals() == ["casa"]
    assert await library.table(made, "en", "pt") is await library.table(made, "en", "pt")
    store.change(made.id, "", merged=[Dictionary("en", "pt", {"house": "moradia"})])
    assert await literals() == ["moradia"]
