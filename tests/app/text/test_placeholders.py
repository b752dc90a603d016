from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.kinds import Kind
from app.text.placeholders import placeholders

POSITIVE: dict[Kind, tuple[tuple[str, ...], ...]] = {
    # text, then what is to be found in it
    Kind.URL: (
        ("See https://example.com/a_(b).", "https://example.com/a_(b)"),
        ("(see http://x.org/y?z=1#k)", "http://x.org/y?z=1#k"),
        ("Is it www.example.com?", "www.example.com"),
        ("Go to example.com/path, now", "example.com/path"),
        ("请看https://例子.中国/c。谢谢", "https://例子.中国/c"),
        ("Write to mailto:me@example.com", "mailto:me@example.com"),
        ("https://münchen.de/straße!", "https://münchen.de/straße"),
    ),
    Kind.EMAIL: (("Mail me@example.com.", "me@example.com"), ("<a.b+c@sub.example.org>", "a.b+c@sub.example.org")),
    Kind.PATH: (
        ("Edit /etc/hosts, please", "/etc/hosts"),
        ("in ~/notes and ./a/b", "~/notes", "./a/b"),
        ("run src/main.py now", "src/main.py"),
        ("Open report.pdf.", "report.pdf"),
        (r"Look in C:\Program Files\x\y.txt now", r"C:\Program Files\x\y.txt"),
        (r"on \\server\share\x", r"\\server\share\x"),
    ),
    Kind.VARIABLE: (
        *(
            (f"a {one} b", one)
            for one in ("{name}", "{0}", "{}", "{{name}}", "{{{raw}}}", "${name}", "#{name}", "%{name}")
        ),
        *((f"a {one} b", one) for one in ("%s", "%d", "%1$s", "%(name)s", "%.2f", "%%", "%5.1f", "%@", "%ld", "%1")),
        *((f"a {one} b", one) for one in ("%name%", "$VAR", "{user.name}", "{0:.2f}", "{n, number}", "{% x %}", "#")),
        ("%d/%d files", "%d/%d"),
        ("{first}-{last}", "{first}-{last}"),
        ("%dx%d", "%dx%d"),
        ("{a} {b}", "{a}", "{b}"),
    ),
    Kind.MESSAGE: (
        (
            "You have {count, plural, one {# file} other {# files}} left",
            "{count, plural, one {# file} other {# files}}",
        ),
        (
            "{g, select, male {He} other {{n, plural, =1 {a} other {b}}}}",
            "{g, select, male {He} other {{n, plural, =1 {a} other {b}}}}",
        ),
    ),
    Kind.TAG: (
        ("<b>bold</b> and <x/>", "<b>", "</b>", "<x/>"),
        ('<a href="http://x.y/z">k</a>', '<a href="http://x.y/z">', "</a>"),
        ("<0>Terms</0> <1/>", "<0>", "</0>", "<1/>"),
        ("<!-- note --> x", "<!-- note -->"),
    ),
    Kind.ENTITY: (("a &nbsp; b &#39; c", "&nbsp;", "&#39;"), ("o caf&eacute; bom", "caf&eacute;")),
    Kind.CODE: (
        ("use `a b` here", "`a b`"),
        ("pass --help now", "--help"),
        ("call foo() twice", "foo()"),
        ("set my_var to x", "my_var"),
    ),
    Kind.SHORTCODE: (("thanks :thumbs_up: all", ":thumbs_up:"),),
    Kind.MENTION: (("ask @maria.silva.", "@maria.silva"), ("add @scope/package", "@scope/package")),
    Kind.HASHTAG: (("the #viagem tag, #123", "#viagem", "#123"),),
    Kind.EMOJI: (
        ("a 👩‍👩‍👧 b", "👩‍👩‍👧"),
        ("a 🇧🇷🇵🇹 b", "🇧🇷🇵🇹"),
        ("press 1️⃣ b", "1️⃣"),
        ("ok 👍🏽! ❤️", "👍🏽", "❤️"),
        ("fine :-) then", ":-)"),
    ),
    Kind.NUMBER: (
        ("weighs 12.5 km, or", "12.5 km"),
        ("at 30 °C now", "30 °C"),
        ("for 1,299.00 €.", "1,299.00 €"),
        ("about 5%, or R$ 10,50", "5%", "R$ 10,50"),
        ("from $5 to US$ 3.50", "$5", "US$ 3.50"),
        ("on 12/05/2024", "12/05/2024"),
    ),
    Kind.TIME: (("at 10:30.", "10:30"), ("on 2024-05-12T10:30:00Z", "2024-05-12T10:30:00Z")),
    Kind.IDENTIFIER: (
        ("get v1.2.3-rc.1 now", "v1.2.3-rc.1"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"),
        ("commit deadbeef1", "deadbeef1"),
        ("at 00:1B:44:11:3A:B7", "00:1B:44:11:3A:B7"),
    ),
}
NOTHING = (
    "and/or, he/she, km/h",
    "a < b and c > d <b and c>",
    "fifty percent of it",
    "node: this is note:this: x",
    "C# and AT&T; and R & D",
    "e.g. i.e. U.S.A. etc. end.Next",
    "3 books in 2024, room 101",
    "It is 5 o'clock; 1 2 3",
    "well-known, state-of-the-art - yes",
    "cost: {not a name} [x] (y)",
    "O fim. Está à espera, não é?",
    "accede facade defaced",
)
HOSTILE = (
    *(
        "a",
        "a.",
        "/a",
        "{",
        "{a",
        "<a ",
        "<a a=1 ",
        "%",
        "1,",
        "1",
        "a@",
        "http://",
        "`a ",
        "a_",
        "#",
        ":a",
        "-a",
        "a-",
    ),
    *(
        "{a, plural, one {",
        "C:\\a ",
        "\\\\a\\",
        "👍\u200d",
        "(",
        "a/",
        "f",
        "<!--",
        "a.b/",
        '<a b="',
        "a, ",
        "{x,",
        "$",
    ),
    *("0:", "& ", "&a", "__", "=\"'", "{a ", "http://a)", "\u200d", "🇧", " \t", "@a.", "0.", "00:"),
)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_found_as_it_is_written(kind: Kind) -> None:
    for text, *expected in POSITIVE.get(kind, ()):
        assert [(mark.literal, mark.kind) for mark in placeholders(text)] == [(one, kind) for one in expected], text


def test_every_kind_but_terms_has_an_example() -> None:
    assert set(Kind) - set(POSITIVE) == {Kind.TERM}


@pytest.mark.parametrize("text", NOTHING)
def test_words_are_no_placeholders(text: str) -> None:
    assert placeholders(text) == []


def test_only_the_kinds_asked_for_are_found() -> None:
    assert [mark.literal for mark in placeholders("{a} at http://b.org", kinds=[Kind.URL])] == ["http://b.org"]


def test_the_longer_of_two_that_overlap_wins() -> None:
    assert [mark.literal for mark in placeholders("`curl https://x.org/{id}`")] == ["`curl https://x.org/{id}`"]


@given(st.text(max_size=80) | st.lists(st.sampled_from(HOSTILE), max_size=20).map("".join))
def test_marks_are_apart_in_order_and_stand_for_themselves(text: str) -> None:
    at = 0
    for mark in placeholders(text):
        assert at <= mark.start < mark.end <= len(text)
        assert mark.literal == text[mark.start : mark.end]
        at = mark.end


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    started = time.process_time()
    placeholders(text)
    placeholders("a" + text + "b")
    assert time.process_time() - started < 4
