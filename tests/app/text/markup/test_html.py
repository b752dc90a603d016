from __future__ import annotations

import pytest

from app.text.markup import Format, Options, parse
from tests.app.text.markup import models

HTML = Options(Format.HTML)


def texts(text: str, options: Options = HTML) -> list[str]:
    return models.texts(text, options)


def upper(text: str, options: Options = HTML) -> str:
    return models.translate(text, options, models.upper)


def test_inline_elements_are_marks_and_blocks_part_sentences() -> None:
    (first, second) = parse("<p>Hello <b>big</b> world</p><p>Bye</p>", HTML).blocks
    assert (first.text, second.text) == ("Hello big world", "Bye")
    assert [(mark.start, mark.end, mark.before, mark.after) for mark in first.marks] == [(6, 9, "<b>", "</b>")]


def test_markup_around_the_whole_of_a_block_is_not_a_mark() -> None:
    (block,) = parse("<p><a href=x><b> Hello! </b></a></p>", HTML).blocks
    assert (block.raw, block.text, block.marks) == ("Hello!", "Hello!", ())


def test_white_space_in_a_sentence_is_collapsed_and_comes_back() -> None:
    text = "<p>\n  One\n  sentence <i> here </i>\n</p>"
    assert texts(text) == ["One sentence here"]
    assert upper(text) == "<p>\n  ONE SENTENCE <i>HERE</i>\n</p>"


def test_spaces_on_both_sides_of_an_image_stay() -> None:
    assert upper("Click <img src=x> now") == "CLICK <img src=x> NOW"


@pytest.mark.parametrize("name", ["script", "style", "pre", "textarea", "svg", "template", "iframe"])
def test_what_is_not_prose_is_untouched(name: str) -> None:
    text = f"<div>Words</div><{name}>a == b; c(); words</{name}><div>More</div>"
    assert texts(text) == ["Words", "More"]


@pytest.mark.parametrize("name", ["code", "kbd", "samp", "var"])
def test_code_in_a_sentence_is_a_literal(name: str) -> None:
    (block,) = parse(f"Run <{name}>a &lt; b</{name}> twice", HTML).blocks
    assert block.text == "Run a < b twice"
    assert [mark.literal for mark in block.marks] == [f"<{name}>a &lt; b</{name}>"]
    assert block.woven(*models.upper(block)) == f"RUN <{name}>a &lt; b</{name}> TWICE"


@pytest.mark.parametrize("attribute", ["translate=no", 'class="x notranslate"', "TRANSLATE='no'"])
def test_an_element_may_ask_not_to_be_translated(attribute: str) -> None:
    assert upper(f"Try <b {attribute}>Acme <i>One</i></b> now") == f"TRY <b {attribute}>Acme <i>One</i></b> NOW"
    assert texts(f"<div {attribute}><p>No</p></div><p>Yes</p>") == ["Yes"]


def test_translate_yes_inside_of_no_is_translated() -> None:
    assert texts('<div translate="no">No <p translate="yes">Yes <b>too</b></p> no</div> yes') == ["Yes too", "yes"]


def test_an_element_without_an_end_tag_is_kept_only_up_to_its_end() -> None:
    assert texts("<ul><li translate=no>No<li>Yes</ul><p translate=no>No<p>Yes") == ["Yes", "Yes"]


def test_attributes_that_people_read_are_blocks_of_their_own() -> None:
    text = '<a title="More &quot;info&quot;" href="x">See <img alt=\'A dog\' src=d></a> <input type=submit value=Send>'
    assert texts(text) == ["See", 'More "info"', "A dog", "Send"]
    assert upper(text) == (
        '<a title="MORE &quot;INFO&quot;" href="x">SEE <img alt=\'A DOG\' src=d></a> <input type=submit value=SEND>'
    )
    assert texts(text, Options(Format.HTML, attributes=False)) == ["See"]


def test_a_value_without_quotes_stays_one_value() -> None:
    (block,) = parse("<img alt=dog>", HTML).blocks
    assert parse("<img alt=dog>", HTML).render([block.woven("um > cão", ())]) == "<img alt=um&#32;&gt;&#32;cão>"


def test_only_what_people_read_is_taken_from_meta_and_input() -> None:
    text = (
        '<meta name="description" content="About us"><meta name="viewport" content="width=device-width">'
        '<meta property="og:title" content="Title"><input name=q value="mine" placeholder="Search">'
    )
    assert texts(text) == ["About us", "Title", "Search"]


def test_a_line_break_parts_sentences_unless_it_wraps_a_long_line() -> None:
    assert texts("Dear Ana,<br>see you<br>soon") == ["Dear Ana,", "see you", "soon"]
    long = "This line was wrapped by a program, because it was too"
    assert texts(f"{long}<br>long for the window.<br>New one.") == [f"{long} long for the window.", "New one."]


def test_references_of_the_source_are_those_of_the_translation() -> None:
    (block,) = parse("caf&eacute;&nbsp;&amp; bar &quot;x&quot;", HTML).blocks
    assert block.text == 'café\N{NO-BREAK SPACE}& bar "x"'
    assert block.woven('é\N{NO-BREAK SPACE}"<&', ()) == "&eacute;&nbsp;&quot;&lt;&amp;"


def test_broken_html_is_not_more_broken() -> None:
    assert upper("at&t <3 5 < 6 & <b>bold") == "AT&amp;T &lt;3 5 &lt; 6 &amp; <b>BOLD"
    assert upper('words <a href="never closed') == 'WORDS <a href="never closed'
    assert upper("a <b>x<i>y</b>z</i> w") == "A <b>X<i>Y</b>Z</i> W"
    assert upper("one </span>two</p>") == "ONE </span>TWO</p>"


def test_code_for_templates_is_untouched() -> None:
    text = 'Hello <?php echo $a > 1 ? "x" : "y" ?> and <% if a > b %>bye'
    assert upper(text) == 'HELLO <?php echo $a > 1 ? "x" : "y" ?> AND <% if a > b %>BYE'


def test_links_side_by_side_are_a_menu() -> None:
    assert texts("<a>Home</a><a>About us</a>") == ["Home", "About us"]
    assert texts("H<sub>two</sub>O") == ["HtwoO"]


def test_react_comments_do_not_part_a_sentence() -> None:
    assert upper("Hello<!-- -->, <!-- -->Ana<!-- -->!") == "HELLO<!-- -->, <!-- -->ANA<!-- -->!"


def test_a_source_with_noncharacters_keeps_them_and_its_attributes() -> None:
    text = "\ufdd00\ufdd0 <img alt='a dog'> words"
    assert upper(text) == "\ufdd00\ufdd0 <img alt='A DOG'> WORDS"


def test_tags_may_be_chosen() -> None:
    options = Options(Format.HTML, ignore_tags=frozenset({"x"}), splitting_tags=frozenset({"span"}))
    assert texts("<p>One <span>two</span> three <x>four</x></p>", options) == ["One", "two", "three four"]
    assert texts("<p>One</p> two", Options(Format.HTML, non_splitting_tags=frozenset({"p"}))) == ["One two"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<b>Hello <img></b> you", "<b>HELLO <img></b> YOU"),
        ("a <img><i> b</i> c", "A <img> <i>B</i> C"),
        ("<i>a <img> </i> b", "<i>A <img></i> B"),
        ("<b>Hello<img></b> you", "<b>HELLO<img></b> YOU"),
        ("x <b><img> Hello</b> you", "X <b><img> HELLO</b> YOU"),
    ],
)
def test_space_beside_a_picture_at_the_edge_of_a_pair_stays_beside_it(text: str, expected: str) -> None:
    assert models.translate(text, HTML, models.upper) == expected
