"""What the header of a PO file says, and what it has to say of a translation; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.documents.textual.languages import language_of
from app.documents.textual.plurals import Plurals, declared, plurals_of
from app.languages import parse

_FIELD = re.compile(r"^([A-Za-z-]+):[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_CHARSET = re.compile(r"(charset=)[\w.:-]*")
_CONTENT_TYPE = "text/plain; charset=UTF-8"
_DECLARED = re.compile(rb"^\"Content-Type:[^\"\r\n]{0,200}?charset=([\w.:-]{1,40})", re.IGNORECASE | re.MULTILINE)
_HEAD = 65_536
_SCRIPTS = {"zh-Hans": "zh_CN", "zh-Hant": "zh_TW", "sr-Latn": "sr@latin"}


def declared_by_po(data: bytes) -> str:
    """Return the encoding that the header says; "" where it does not."""
    found = _DECLARED.search(data[:_HEAD])
    return found[1].decode("ascii", "replace") if found else ""


@dataclass(frozen=True, slots=True)
class Header:
    """The header's text: lines of `Name: value`. is_translated: entries have translations already."""

    text: str
    is_translated: bool = False

    @property
    def language(self) -> str:
        """The language that it names in BCP 47; "" where it names none that is known."""
        return language_of(self._value("Language").partition("@")[0])

    def plurals(self, target: str) -> Plurals:
        """Return the plural forms that it declares, if they are for the target, and else the target's own."""
        own = declared(self._value("Plural-Forms"))
        return own if own and not self._is_for_another(target) else plurals_of(target)

    def written(self, target: str, *, is_utf8: bool) -> str:
        """Return it for a translation into `target`; is_utf8: the file is going to be in UTF-8."""
        header = self
        if not self._value("Language") or self._is_for_another(target):
            header = header.with_value("Language", _locale(target))
        if header.plurals(target).written != self._value("Plural-Forms"):
            header = header.with_value("Plural-Forms", header.plurals(target).written)
        return header.with_charset().text if is_utf8 else header.text

    def _is_for_another(self, target: str) -> bool:
        """Whether it is of a file that was to be translated into another language, and was not."""
        named = self.language
        return bool(named) and not self.is_translated and parse(named).language != parse(target).language

    def with_value(self, name: str, value: str) -> Header:
        """Return it with another value, or one line more."""
        for match in _FIELD.finditer(self.text):
            if match[1].lower() == name.lower():
                text = f"{self.text[: match.start()]}{match[1]}: {value}{self.text[match.end() :]}"
                return Header(text, self.is_translated)
        line_end = "" if not self.text or self.text.endswith("\n") else "\n"
        return Header(f"{self.text}{line_end}{name}: {value}\n", self.is_translated)

    def with_charset(self) -> Header:
        """Return it with the charset UTF-8."""
        said = self._value("Content-Type")
        if said.lower().endswith(("charset=utf-8", "charset=utf8")):
            return self
        if "charset=" in said:
            return self.with_value("Content-Type", _CHARSET.sub(r"\1UTF-8", said))
        return self.with_value("Content-Type", _CONTENT_TYPE)

    def _value(self, name: str) -> str:
        return next((match[2] for match in _FIELD.finditer(self.text) if match[1].lower() == name.lower()), "")


def _locale(target: str) -> str:
    """Return a language as gettext names it."""
    return _SCRIPTS.get(target, target.replace("-", "_"))
