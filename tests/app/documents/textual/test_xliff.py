# ruff: noqa: E501
from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.documents import BrokenDocument, UnsafeDocument
from tests.app.documents.textual.models import by, marked, read, same, texts, translated
from tests.app.text.markup import models

FIRST = """\
<?xml version="1.0" encoding="UTF-8"?>\r
<!-- a note -->
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
  <file original='a' source-language="en-us" datatype="plaintext">
    <body>
      <trans-unit id="1" resname="x state='y'">
        <source>Press <g id="1">Save</g> &amp; <x id="2"/>go <bpt id="3">&lt;b></bpt>now<ept id="3">&lt;/b></ept></source>
        <note>Not translated</note>
      </trans-unit>
      <group translate="no"><trans-unit id="2"><source>Not</source></trans-unit>
      <trans-unit id="2b" translate="yes"><source>But this <mrk mtype="protected">ACME Inc</mrk></source></trans-unit></group>
      <trans-unit id="3"><source>Done</source><target state="final">Feito</target>
        <alt-trans><source>x</source><target/></alt-trans></trans-unit>
      <trans-unit id="4"><source xml:space="preserve">Two
 lines</source><target state='new' /></trans-unit>
      <trans-unit id="5"><source>One. Two.</source><seg-source
        ><mrk mtype="seg" mid="1">One.</mrk> <mrk mtype="seg" mid="2">Two.</mrk></seg-source></trans-unit>
      <trans-unit id="6"><source><![CDATA[Hi <b>you</b> & co]]></source><target> </target></trans-unit>
      <trans-unit id="7"><source>42 <x id="1"/></source></trans-unit>
    </body>
  </file>
</xliff>
"""
SECOND = """\
<x:xliff xmlns:x="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en" xmlns:m="urn:m">
 <x:file id="f"><x:unit id="u">
  <x:originalData><x:data id="d">&lt;b></x:data></x:originalData>
  <m:matches><m:match><x:source>Hello</x:source><x:target>Olá</x:target></m:match></m:matches>
  <x:segment id="s1" subState="a:b" state="initial">
    <x:source>Hello <x:pc id="1">big</x:pc> <x:sc id="2"/>bold<x:ec startRef="2"/> <x:ph id="3"/>world</x:source>
  </x:segment>
  <x:ignorable><x:source> </x:source></x:ignorable>
  <x:segment><x:source>Keep <x:mrk id="m" translate="no">Name &amp; co</x:mrk></x:source><x:target></x:target></x:segment>
  <x:segment state="final"><x:source>Done</x:source><x:target>Feito</x:target></x:segment>
 </x:unit></x:file>
</x:xliff>
"""


def test_sources_without_target_are_units_with_their_codes() -> None:
    assert texts(FIRST, "a.xlf") == [
        'Press <g i="0">Save</g> &amp; <x i="1"/>go <g i="2">now</g>',
        'But this <k i="0">ACME Inc</k>',
        "Two\n lines",
        "One.",
        "Two.",
        'Hi <g i="0">you</g> &amp; co',
    ]
    assert texts(SECOND, "a.xliff") == [
        'Hello <g i="0">big</g> <g i="1">bold</g> <x i="2"/>world',
        'Keep <k i="0">Name &amp; co</k>',
    ]
    assert (read(FIRST, "a.xlf").source, read(SECOND, "a.xlf").source) == ("en-US", "en")


def test_the_first_version_gets_targets_to_be_reviewed_and_nothing_else() -> None:
    said = 'state="needs-review-translation" state-qualifier="mt-suggestion"'
    done = [
        '<x i="1"/>Vá <g i="2">já</g> e <g i="0">Guarde</g>',
        'Mas isto <k i="0">ACME Inc</k>',
        "Duas\n linhas",
        "Um.",
        "Dois.",
        '<g i="0">tu</g> &lt;]]&gt;',
    ]
    codes = '<x id="2"/>Vá <bpt id="3">&lt;b></bpt>já<ept id="3">&lt;/b></ept> e <g id="1">Guarde</g>'
    assert translated(FIRST, "a.xlf", done).decode() == (
        FIRST.replace('datatype="plaintext"', 'datatype="plaintext" target-language="pt"')
        .replace("</ept></source>", f"</ept></source>\n        <target {said}>{codes}</target>")
        .replace(
            "</mrk></source></trans-unit></group>",
            f'</mrk></source><target {said}>Mas isto <mrk mtype="protected">ACME Inc</mrk></target></trans-unit></group>',
        )
        .replace("<target state='new' />", f"<target {said}>Duas\n linhas</target>")
        .replace(
            "</seg-source>",
            f'</seg-source><target {said}><mrk mtype="seg" mid="1">Um.</mrk> <mrk mtype="seg" mid="2">Dois.</mrk></target>',
        )
        .replace("<target> </target>", f"<target {said}><![CDATA[<b>tu</b> &lt;]]&gt;]]></target>")
    )


def test_the_second_version_gets_translated_segments() -> None:
    done = ['Olá, mundo <x i="2"/><g i="1">forte</g> <g i="0">grande</g>', 'Fica <k i="0">Name &amp; co</k>']
    assert translated(SECOND, "a.xliff", done, "pt-BR").decode() == (
        SECOND.replace('xmlns:m="urn:m"', 'xmlns:m="urn:m" trgLang="pt-BR"')
        .replace(' subState="a:b" state="initial"', ' state="translated"')
        .replace(
            "world</x:source>",
            'world</x:source>\n    <x:target>Olá, mundo <x:ph id="3"/><x:sc id="2"/>forte<x:ec startRef="2"/> '
            '<x:pc id="1">grande</x:pc></x:target>',
        )
        .replace("<x:segment><x:source>Keep", '<x:segment state="translated"><x:source>Keep')
        .replace(
            "<x:target></x:target>", '<x:target>Fica <x:mrk id="m" translate="no">Name &amp; co</x:mrk></x:target>'
        )
    )


def test_nothing_translated_is_nothing_changed() -> None:
    for text in (FIRST, SECOND):
        assert translated(text, "a.xlf", same) == text.encode()


def test_translations_into_two_languages_are_not_mixed() -> None:
    other = FIRST.replace("source-language", 'target-language="fr-CA" source-language')
    with pytest.raises(BrokenDocument, match="into fr-CA already"):
        translated(other, "a.xlf", marked)
    assert 'target-language="fr-CA"' in translated(other, "a.xlf", marked, "fr").decode()
    empty = other.replace(">Feito<", "><")
    assert 'target-language="pt"' in translated(empty, "a.xlf", marked).decode()


@pytest.mark.parametrize(
    ("source", "unit"),
    [
        ('Hi <ph id="0">%s</ph>, go', 'Hi <k i="0">%s</k>, go'),
        ('Hi <x id="I" equiv-text="{{ user.name }}"/>', 'Hi <k i="0">{{ user.name }}</k>'),
        ('Hi <ph id="0" disp="{name}"/>', 'Hi <k i="0">{name}</k>'),
        ('A <x id="S" equiv-text="&lt;b class=x>"/>b<x id="E" equiv-text="&lt;/b>"/>.', 'A <g i="0">b</g>.'),
        ("A <ph id='1'>&lt;i></ph>b<ph id='2'>&lt;/i></ph>.", 'A <g i="0">b</g>.'),
        (
            "A<ph id='1'>&lt;br></ph>b<ph id='2'>{\\b</ph>c<ph id='3'>&lt;/i></ph>d",
            'A<x i="0"/>b<x i="1"/>c<x i="2"/>d',
        ),
        ("A <it id='1' pos='open'>&lt;b></it>b <bpt id='2'/>c <ept id='3'/>d", 'A <x i="0"/>b <x i="1"/>c <x i="2"/>d'),
    ],
)
def test_a_code_is_a_variable_a_pair_or_stands_alone_by_what_it_shows(source: str, unit: str) -> None:
    assert texts(_file([source], "\n", ""), "a.xlf") == [unit]


def test_white_space_counts_unless_the_file_says_that_it_does_not() -> None:
    data = FIRST.replace(' xml:space="preserve"', "")
    assert "Two\n lines" in texts(data, "a.xlf")
    assert "Two lines" in texts(data.replace("<body>", '<body xml:space="default">'), "a.xlf")


def test_a_legacy_encoding_stays_and_gets_references() -> None:
    data = FIRST.replace("UTF-8", "ISO-8859-1").replace("a note", "ação").encode("latin-1")
    done = translated(data, "a.xlf", lambda unit: f"é日{unit.text}")
    assert etree.fromstring(done).xpath("string(//*[@id='6']/*[local-name()='target'])") == "é日Hi <b>you</b> &amp; co"
    assert "é&#26085;One.".encode("latin-1") in done


@pytest.mark.parametrize(
    "doctype", ["<!DOCTYPE xliff>", '<!DOCTYPE xliff SYSTEM "x.dtd">', '<!DOCTYPE x [<!ENTITY a "b">]>']
)
def test_a_document_type_is_unsafe(doctype: str) -> None:
    with pytest.raises(UnsafeDocument, match="document type"):
        texts(FIRST.replace("<!-- a note -->", doctype), "a.xlf")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (FIRST.replace("</file>", ""), "line 22"),
        (FIRST.replace("Done", "&company;"), "&company;"),
        ("<html/>", "not <xliff>|is not <xliff>"),
        ("Hello", "is not <xliff>"),
        ("<xliff version='1.2'>" * 3, "not closed"),
    ],
)
def test_what_is_no_xliff_is_refused(data: str, what: str) -> None:
    with pytest.raises(BrokenDocument, match=what):
        texts(data, "a.xlf")


_WORDS = st.sampled_from(
    ["Hello ", "a&amp;b ", "&#233;", " x\n y ", "日本", "42", "&lt;b&gt;", "<!-- c -->", "<![CDATA[a < b]]>"]
)
_LEAVES = st.sampled_from(
    [
        '<x id="1"/>',
        '<ph id="2">{0}</ph>',
        '<bpt id="3">[</bpt>',
        '<ept id="3">]</ept>',
        '<bx id="4"/>',
        '<ex id="4"/>',
        '<it id="5" pos="open">&lt;i></it>',
        '<mrk mtype="protected">Name</mrk>',
        "<g id='6'/>",
    ]
)
_CONTENT = st.recursive(
    _WORDS | _LEAVES,
    lambda inner: st.lists(inner, max_size=4).map(lambda some: f'<g id="9">{"".join(some)}</g>'),
    max_leaves=8,
)
_SOURCES = st.lists(st.lists(_CONTENT, max_size=5).map("".join), min_size=1, max_size=4)


def _file(sources: list[str], end: str, target: str) -> str:
    units = [
        f'<trans-unit id="{at}"\t>\n <source>{one}</source>{target}</trans-unit >' for at, one in enumerate(sources)
    ]
    head = '<xliff version="1.2"><file source-language="en"><body>'
    return f"{head}{''.join(units)}</body></file></xliff>\n".replace("\n", end)


@given(
    _SOURCES, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "<target/>", "<target>  </target>"]), st.booleans()
)
def test_another_reader_sees_the_file_as_it_was_with_targets_of_the_same_codes(
    sources: list[str], end: str, target: str, bom: bool
) -> None:
    text = bom * "\ufeff" + _file(sources, end, target)
    changed = translated(text, "a.xlf", by(models.upper))
    before, after = etree.fromstring(text.encode()), etree.fromstring(changed)
    for unit in after.iter("trans-unit"):
        made = unit.find("target")
        if made is not None and made.get("state"):
            source = unit.find("source")
            assert source is not None
            assert _codes(made) == _codes(source)
            assert "".join("".join(made.itertext()).upper().split()) == "".join(
                "".join(source.itertext()).upper().split()
            )
    assert _without_targets(after) == _without_targets(before)


def _codes(element: etree._Element) -> list[tuple[str, dict[str, str]]]:
    return [(str(one.tag), dict(one.attrib)) for one in element.iterdescendants() if isinstance(one.tag, str)]


def _without_targets(root: etree._Element) -> bytes:
    copied = deepcopy(root)
    for unit in list(copied.iter("trans-unit")):
        for made in unit.findall("target"):
            unit.remove(made)
        for one in unit:
            one.tail = None
    for file in copied.iter("file"):
        file.attrib.pop("target-language", None)
    return bytes(etree.tostring(copied, method="c14n"))


@pytest.mark.parametrize(
    "unit", ["<g id='1'>", "<!--", "&amp;", "<bpt id='1'>a</bpt>", "<x id='1'/>", "<![CDATA[", "]]>", "<"]
)
def test_hostile_xliff_takes_linear_time(unit: str) -> None:
    inner = "Hello" + unit * 20_000
    closing = "</g>" * 20_000 if unit.startswith("<g") else ""
    data = _file([inner + closing], "\n", "")
    try:
        changed = translated(data, "a.xlf", marked)
    except BrokenDocument:
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(data, etree.XMLParser(huge_tree=True))
    else:
        assert changed.count("«".encode()) == 1


def test_many_messages_take_linear_time() -> None:
    data = _file(["Hello <x id='1'/>you"] * 5_000, "\n", "")
    assert translated(data, "a.xlf", marked).count("«".encode()) == 5_000


def test_hostile_tags_take_linear_time() -> None:
    space = " " * 500_000
    data = f'<xliff version="1.2"{space}><file{space}a="b"{space}><trans-unit><source{space}>a</source></trans-unit></file></xliff>'
    assert b' target-language="pt"' in translated(data, "a.xlf", marked)


def test_what_is_left_inside_of_codes_is_noted() -> None:
    data = _file(["a <ph id='1'>&lt;img alt='<sub>words</sub>'></ph>b"], "\n", "")
    assert "1 text(s) inside of inline codes" in read(data, "a.xlf").notes[0]
    assert read(FIRST, "a.xlf").notes == ()
