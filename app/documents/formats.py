"""Which formats there are, by name; each is a module with a `read`, imported when its first file comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePath

from app.documents.content import Content, DocumentLimits
from app.documents.errors import BrokenDocument, DocumentTooLarge, UnsupportedDocument


@dataclass(frozen=True, slots=True)
class DocumentFormat:
    """name: also its first extension. module: under `app.documents`, with `read(data: bytes, limits) -> Content`."""

    name: str
    media_type: str
    module: str
    extensions: tuple[str, ...] = ()

    def read(self, data: bytes, limits: DocumentLimits) -> Content:
        """Read a file; may take seconds, so call it off the event loop.

        Raises BrokenDocument, DocumentTooLarge, ProtectedDocument, UnsafeDocument.
        """
        if len(data) > limits.max_bytes:
            raise DocumentTooLarge(
                f"The document has {len(data)} bytes, more than the {limits.max_bytes} that one may have "
                "(documents.max_bytes)."
            )
        if not data:
            raise BrokenDocument("The document is empty.")
        content: Content = import_module(f"app.documents.{self.module}").read(data, limits)
        characters = sum(len(unit.text) for unit in content.units)
        if characters > limits.max_characters:
            raise DocumentTooLarge(
                f"The document has {characters} characters of text, more than the {limits.max_characters} that one may "
                "have (documents.max_characters). Split it."
            )
        return content


_OPENXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"

_ALL = (
    DocumentFormat("txt", "text/plain", "textual.plain", ("text",)),
    DocumentFormat("html", "text/html", "textual.html", ("htm", "xhtml")),
    DocumentFormat("md", "text/markdown", "textual.markdown", ("markdown",)),
    DocumentFormat("srt", "application/x-subrip", "textual.subtitles"),
    DocumentFormat("vtt", "text/vtt", "textual.subtitles"),
    DocumentFormat("po", "text/x-gettext-translation", "textual.gettext", ("pot",)),
    DocumentFormat("xliff", "application/x-xliff+xml", "textual.xliff", ("xlf",)),
    DocumentFormat("json", "application/json", "textual.json_values"),
    DocumentFormat("docx", f"{_OPENXML}.wordprocessingml.document", "packages.docx"),
    DocumentFormat("pptx", f"{_OPENXML}.presentationml.presentation", "packages.pptx"),
    DocumentFormat("xlsx", f"{_OPENXML}.spreadsheetml.sheet", "packages.xlsx"),
    DocumentFormat("odt", f"{_ODF}.text", "packages.odf"),
    DocumentFormat("odp", f"{_ODF}.presentation", "packages.odf"),
    DocumentFormat("ods", f"{_ODF}.spreadsheet", "packages.odf"),
    DocumentFormat("epub", "application/epub+zip", "packages.epub"),
)

FORMATS: Mapping[str, DocumentFormat] = {one.name: one for one in _ALL}
"""By name."""

_BY_EXTENSION = {extension: one for one in _ALL for extension in (one.name, *one.extensions)}


def format_of(filename: str) -> DocumentFormat:
    """Return the format that a file's name says. Raises UnsupportedDocument."""
    extension = PurePath(filename).suffix[1:].lower()
    found = _BY_EXTENSION.get(extension)
    if found is None:
        what = f"Files named .{extension[:20]}" if extension else "Files without an extension"
        raise UnsupportedDocument(
            f"{what} are not read here. Send one of: {', '.join(FORMATS)}.", detail={"formats": list(FORMATS)}
        )
    return found
