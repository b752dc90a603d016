from __future__ import annotations

import polib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents import BrokenDocument
from tests.app.documents.textual.models import marked, read, same, texts, translated

CATALOG = r"""# A comment
msgid ""
msgstr ""
"Project-Id-Version: x\n"
"Language: \n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"

#: src/a.c:1
#, c-format
msgid "Open \"%s\"\t"
msgstr ""

#. done before
msgctxt "menu"
msgid   "File"
msgstr  "Ficheiro"

#, fuzzy
#| msgid "Old"
msgid "New"
msgstr "Velho"

msgctxt "button"
msgid ""
"A long message that goes over two lines, since it has more than seventy-nine "
"characters.\n"
"And another line.\n"
msgstr ""

#, c-format
msgid "%d file"
msgid_plural "%d files"
msgstr[0] ""
msgstr[1] ""

msgid "42 %"
msgstr ""

#, fuzzy
#~ msgid "Gone"
#~ msgstr ""

msgid "Last"
msgstr ""
"""
UNITS = [
    'Open "%s"\t',
    "A long message that goes over two lines, since it has more than seventy-nine characters.\nAnd another line.\n",
    "%d file",
    "%d files",
    "Last",
]
HEADED = CATALOG.replace("Language: ", "Language: pt")


def test_messages_without_translation_are_units() -> None:
    assert texts(CATALOG, "a.po") == UNITS
    assert read(CATALOG, "a.po").notes == ()
    assert "no header" in read('msgid "a"\nmsgstr ""\n', "a.po").notes[0]


def test_only_what_is_translated_is_written_anew() -> None:
    done = ['Abrir "%s"\t', "Uma " + UNITS[1], "%d ficheiro", "%d ficheiros", "Última"]
    assert translated(CATALOG, "a.po", done, "pt-BR").decode() == (
        CATALOG.replace('Language: \\n"\n', 'Language: pt_BR\\n"\n')
        .replace('charset=UTF-8\\n"\n', 'charset=UTF-8\\n"\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n')
        .replace('\\t"\nmsgstr ""', '\\t"\nmsgstr "Abrir \\"%s\\"\\t"')
        .replace(
            '"And another line.\\n"\nmsgstr ""\n',
            '"And another line.\\n"\nmsgstr ""\n"Uma A long message that goes over two lines, since it has more than '
            '"\n"seventy-nine characters.\\n"\n"And another line.\\n"\n',
        )
        .replace('msgstr[0] ""\nmsgstr[1] ""', 'msgstr[0] "%d ficheiro"\nmsgstr[1] "%d ficheiros"')
        .replace('"Last"\nmsgstr ""', '"Last"\nmsgstr "Última"')
    )


@pytest.mark.parametrize(
    ("target", "forms"),
    [
        ("ja", ["files"]),
        ("de", ["file", "files"]),
        ("ru", ["file", "files", "files"]),
        ("ar", ["files", "file", "files", "files", "files", "files"]),
        ("sl", ["file", "files", "files", "files"]),
        ("zh-Hans", ["files"]),
    ],
)
def test_a_plural_has_as_many_forms_as_the_target_and_the_singular_where_it_belongs(
    target: str, forms: list[str]
) -> None:
    done = polib.pofile(translated(CATALOG, "a.pot", ["", "", "file", "files", ""], target).decode())
    entry = done.find("%d file")
    assert entry is not None
    assert list(entry.msgstr_plural.values()) == forms
    assert f"nplurals={len(forms)};" in done.metadata["Plural-Forms"]


@pytest.mark.parametrize(
    "forms", ["nplurals=INTEGER; plural=EXPRESSION;", "nplurals=2; plural=n/0;", "nplurals=2; plural=n n"]
)
def test_plural_forms_of_a_template_are_those_of_the_target(forms: str) -> None:
    data = CATALOG.replace("MIME-Version: 1.0", f"Plural-Forms: {forms}")
    done = polib.pofile(translated(data, "a.pot", ["x"] * 5, "pl").decode())
    assert done.metadata["Plural-Forms"].startswith("nplurals=3; plural=(n==1")


def test_plural_forms_that_the_file_declares_stay() -> None:
    data = HEADED.replace("MIME-Version: 1.0", "Plural-Forms: nplurals=3; plural=n>1;")
    done = translated(data, "a.po", ["x", "x", "one", "more", "x"], "pt").decode()
    assert 'msgstr[0] "one"\nmsgstr[1] "more"\nmsgstr[2] "more"' in done


def test_a_form_that_is_translated_stays_as_it_is_written() -> None:
    data = CATALOG.replace('msgstr[1] ""', 'msgstr[1]  "%d" " mas"')
    done = translated(data, "a.po", ["x", "x", "um", "mais", "x"]).decode()
    assert 'msgstr[0] "um"\nmsgstr[1]  "%d" " mas"\n' in done


def test_translations_into_two_languages_are_not_mixed() -> None:
    content = read(CATALOG.replace("Language: ", "Language: fr"), "a.po")
    with pytest.raises(BrokenDocument, match="into fr already"):
        content.write(["x"] * 5, "pt")
    untranslated = CATALOG.replace("Ficheiro", "").replace("Velho", "").replace("Language: ", "Language: fr")
    assert '"Language: pt\\n"' in translated(untranslated, "a.po", ["x"] * 6).decode()


def test_a_legacy_charset_is_kept_while_it_has_the_characters_and_is_utf_8_then() -> None:
    data = CATALOG.replace("UTF-8", "ISO-8859-1").replace("A comment", "Ação").encode("latin-1")
    assert "Última".encode("latin-1") in translated(data, "a.po", ["x"] * 4 + ["Última"])
    done = translated(data, "a.po", ["x"] * 4 + ["“Última”"], "pt").decode()
    assert "charset=UTF-8" in done
    assert "“Última”" in done
    assert "Ação" in done


def test_a_template_without_charset_gets_utf_8() -> None:
    data = CATALOG.replace("charset=UTF-8", "charset=CHARSET")
    assert "charset=UTF-8" in translated(data, "a.pot", marked).decode()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("Hello", "line 1"),
        ('"x"\n', "without its keyword"),
        ('msgid "a"\n\nmsgid "b"\nmsgstr ""', "twice"),
        ('msgid "a"\n', "without msgstr"),
        ('msgstr "a"\n', "has no msgid"),
        ("msgid a", "no line"),
        ("msgid\n", "no string"),
        ("# only this\n", "no messages"),
    ],
)
def test_what_is_no_catalog_is_refused(data: str, what: str) -> None:
    with pytest.raises(BrokenDocument, match=what):
        texts(data, "a.po")


_TEXT = st.lists(
    st.sampled_from(["a", "word ", 'q"', "back\\slash", "\n", "\t", "é", "日本語", "%s ", "\\n", " ", "0"]),
    max_size=40,
).map("".join)


def _catalog(messages: list[tuple[str, str, str]], width: int, end: str) -> str:
    catalog = polib.POFile(wrapwidth=width)
    catalog.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Language": "pt"}
    for at, (text, plural, done) in enumerate(messages):
        entry = polib.POEntry(msgid=text or "x", msgctxt=str(at))
        if plural:
            entry.msgid_plural, entry.msgstr_plural = plural, {0: done, 1: ""}
        else:
            entry.msgstr, entry.flags = done, ["fuzzy"] if done == "a" else []
        catalog.append(entry)
    return str(catalog).replace("\n", end)


_MESSAGES = st.lists(st.tuples(_TEXT, st.just("") | _TEXT, st.just("") | _TEXT), min_size=1, max_size=5)


@given(_MESSAGES, st.sampled_from([78, 0]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_catalogs_come_back_and_another_reader_sees_the_translations(
    messages: list[tuple[str, str, str]], width: int, end: str, bom: bool
) -> None:
    text = bom * "\ufeff" + _catalog(messages, width, end)
    content = read(text, "a.po")
    assert translated(text, "a.po", same) == text.encode()
    changed = translated(text, "a.po", lambda unit: f"\x07«{unit.text}»\\").decode()
    assert changed.count(end) == changed.count("\n")
    before, after = (polib.pofile(one.replace("\r\n", "\n").removeprefix("\ufeff")) for one in (text, changed))
    filled = 0
    for one, other in zip(before, after, strict=True):
        assert (one.msgid, one.msgid_plural, one.flags) == (other.msgid, other.msgid_plural, other.flags)
        pairs = [(one.msgid, one.msgstr, other.msgstr)]
        if one.msgid_plural:
            sources = [one.msgid, one.msgid_plural]
            pairs = [(source, one.msgstr_plural[at], other.msgstr_plural[at]) for at, source in enumerate(sources)]
        for source, old, new in pairs:
            is_open = not old and any(map(str.isalpha, one.msgid)) and not one.fuzzy
            assert new == (f"\\a«{source}»\\" if is_open else old)
            filled += is_open
    assert filled <= len(content.units)


def test_lines_are_as_wide_as_gettext_has_them() -> None:
    long = "Some words and more of them, " * 20 + "日本語の文章" * 30
    done = translated(CATALOG, "a.po", ["x", "x", "x", "x", long]).decode()
    assert polib.pofile(done)[-1].msgstr == long
    assert max(sum(1 + (ord(one) > 0x2E80) for one in line) for line in done.splitlines()) == 79


@pytest.mark.parametrize("unit", ['""', '\n"a"', "\n#, fuzzy", "\n", '\nmsgid "b"\nmsgstr ""'])
def test_large_catalogs_take_linear_time(unit: str) -> None:
    data = 'msgid "a"\nmsgstr ""' + unit * 50_000
    assert translated(data, "a.po", same) == data.encode()
    translated(data, "a.po", marked)


@pytest.mark.parametrize("unit", ['msgid "', "\\", '"\n', "msgid", '"\\', "msgctxt "])
def test_hostile_catalogs_are_refused_in_linear_time(unit: str) -> None:
    for start in ("", 'msgid "a"\nmsgstr ""\n'):
        with pytest.raises(BrokenDocument, match="line"):
            texts(start + unit * 50_000, "a.po")
