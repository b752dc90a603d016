"""XLIFF 1 and 2: fills targets that are missing or empty; a unit for each source, or for each of its segments. Pure.

A new target is marked as its version has it: as machine translation that needs a review in 1.2, as translated in 2.
Where every translation is its source, nothing was translated, and the file stays as it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.documents.content import Content, DocumentLimits
from app.documents.textual.encoding import declared_by_xml, decode
from app.documents.textual.languages import language_of, refuse_mixing
from app.documents.textual.marked import unit_of, woven
from app.documents.textual.xliff_items import items_of, local
from app.documents.textual.xliff_messages import File, Message, Scope
from app.languages import parse
from app.text.document import Range, assemble, from_ranges
from app.text.markup import Block
from app.text.markup.runs import blocks_of
from app.text.markup.xml_tokens import XmlKind, XmlToken

_ATTRIBUTE = re.compile(r"(?P<space>(?<!\s)\s++)(?P<name>[^\s=\"'/>]++)\s*+=\s*+(?:\"[^\"]*\"|'[^']*')")
_REVIEW = {"state": "needs-review-translation", "state-qualifier": "mt-suggestion"}
_Edits = dict[Range, str]


def read(data: bytes, limits: DocumentLimits) -> Content:  # noqa: ARG001
    """Read XLIFF. Raises BrokenDocument, UnsafeDocument."""
    text, encoding = decode(data, declared_by_xml)
    file = File(text)
    work = [one for message in file.messages if _is_open(file, message) and (one := _Work(file, message)).blocks]
    blocks = [block for one in work for block in one.blocks]
    units = tuple(map(unit_of, blocks))

    def write(translations: Sequence[str], target: str) -> bytes:
        done = [woven(block, one) for block, one in zip(blocks, translations, strict=True)]
        if all(unit.text == one for unit, one in zip(units, translations, strict=True)):
            return data
        edits = _languages(file, [one.message.scope for one in work], target)
        rest = iter(done)
        for one in work:
            edits |= one.edits([next(rest) for _ in one.blocks])
        document = from_ranges(text, sorted(edits))
        return encoding.encode_markup(assemble(document, [edits[place] for place in sorted(edits)]))

    return Content(units, write, source=_source(file), notes=_notes(file))


def _is_open(file: File, message: Message) -> bool:
    target = message.parts.get("target")
    return target is None or file.is_empty(target)


def _source(file: File) -> str:
    if file.is_second:
        return language_of(file.root.attributes().get("srcLang", ""))
    said = (scope.tag.attributes().get("source-language", "") for scope in file.scopes)
    return language_of(next(said, ""))


def _notes(file: File) -> tuple[str, ...]:
    inside = sum(token.kind is XmlKind.OPEN and local(token.name) == "sub" for token in file.tokens)
    return (f"{inside} text(s) inside of inline codes (<sub>) stay as they are.",) if inside else ()


def _languages(file: File, scopes: Sequence[Scope], target: str) -> _Edits:
    """Return the changes that make the scopes say the target language."""
    name = "trgLang" if file.is_second else "target-language"
    edits: _Edits = {}
    for scope in scopes:
        said = scope.tag.attributes().get(name, "")
        if scope.has_targets:
            refuse_mixing(said, target)
        known = language_of(said)
        if not said or (known and parse(known).language != parse(target).language):
            place = file.starts[scope.first], file.starts[scope.first + 1]
            edits[place] = _with_attributes(scope.tag, {name: target})
    return edits


class _Work:
    """A message with the blocks of its source."""

    def __init__(self, file: File, message: Message) -> None:
        self._file = file
        self.message = message
        self._model = message.parts.get("seg-source") or message.parts["source"]
        tokens = file.tokens[self._model.first + 1 : self._model.last]
        self._gaps, found = blocks_of(items_of(tokens, keeps_space=self._model.keeps_space))
        self.blocks: Sequence[Block] = found

    def edits(self, done: Sequence[str]) -> _Edits:
        """Return the changes that give it a target of these blocks."""
        inner = "".join(part for pair in zip(self._gaps, [*done, ""], strict=True) for part in pair)
        starts, parts = self._file.starts, self.message.parts
        target = parts.get("target")
        if target:
            start = _with_attributes(target.tag, self._said())
            place = starts[target.first], starts[target.last + 1]
            return {place: _element(start, target.tag.name, inner)} | self._state()
        name = parts["source"].tag.name.replace("source", "target")
        space = parts["source"].tag.attributes().get("xml:space")
        kept = {} if space is None else {"xml:space": space}
        start = _with_attributes(XmlToken(XmlKind.OPEN, f"<{name}>", name), kept | self._said())
        behind = starts[self._model.last + 1]
        return {(behind, behind): self._indentation() + _element(start, name, inner)} | self._state()

    def _said(self) -> dict[str, str]:
        return _REVIEW if self._file.version == "1.2" else {}

    def _state(self) -> _Edits:
        """XLIFF 2 has the state on the segment; what it says in detail goes with the old state."""
        tag, at = self.message.element.tag, self.message.element.first
        if not self._file.is_second or tag.attributes().get("state", "initial") != "initial":
            return {}
        changed = _with_attributes(tag, {"state": "translated"}, without="subState")
        return {(self._file.starts[at], self._file.starts[at + 1]): changed}

    def _indentation(self) -> str:
        before = self._file.tokens[self.message.parts["source"].first - 1]
        return before.raw if before.kind is XmlKind.TEXT and not before.raw.strip() else ""


def _element(start: str, name: str, inner: str) -> str:
    if start.endswith("/>"):
        start = start.removesuffix("/>").rstrip() + ">"
    return f"{start}{inner}</{name}>"


def _with_attributes(tag: XmlToken, wanted: Mapping[str, str], *, without: str = "") -> str:
    """Return a start tag that says this; what it says already keeps its place."""
    left = dict(wanted)

    def changed(said: re.Match[str]) -> str:
        name = said["name"]
        if name == without:
            return ""
        return f'{said["space"]}{name}="{left.pop(name)}"' if name in left else said[0]

    raw = _ATTRIBUTE.sub(changed, tag.raw)
    end = len(raw.removesuffix(">").removesuffix("/").rstrip())
    return raw[:end] + "".join(f' {name}="{value}"' for name, value in left.items()) + raw[end:]
