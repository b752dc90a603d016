"""Ways to translate the units of a document without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.documents import Content, DocumentLimits, Unit, format_of
from app.text.markup import Block
from tests.app.text.markup import models

LIMITS = DocumentLimits()
Model = Callable[[Unit], str]


def read(data: bytes | str, name: str) -> Content:
    """Read a file of this name; text is UTF-8."""
    return format_of(name).read(data.encode() if isinstance(data, str) else data, LIMITS)


def texts(data: bytes | str, name: str) -> list[str]:
    return [unit.text for unit in read(data, name).units]


def same(unit: Unit) -> str:
    return unit.text


def marked(unit: Unit) -> str:
    """Put signs around the words of a unit, and none into its markup."""
    return f"«{unit.text}»"


def by(model: models.Model) -> Model:
    """Translate as the text pipeline does, by a model of blocks."""

    def translate(unit: Unit) -> str:
        if unit.markup is not None:
            return models.translate(unit.text, unit.markup, model)
        return model(_plain(unit.text))[0]

    return translate


def _plain(text: str) -> Block:
    return Block(text, text, (), lambda words, _marks, _spelling: words)


def translated(data: bytes | str, name: str, model: Model | Sequence[str], target: str = "pt") -> bytes:
    """Read a file and write it with a model's translations, or these."""
    content = read(data, name)
    return content.write([model(one) for one in content.units] if callable(model) else model, target)
