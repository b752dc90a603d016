"""Files of many formats as units of text, and written again with everything else as it was; pure."""

from app.documents.content import Content, DocumentLimits, Unit
from app.documents.errors import (
    BrokenDocument,
    DocumentTooLarge,
    ProtectedDocument,
    UnsafeDocument,
    UnsupportedDocument,
)
from app.documents.formats import FORMATS, DocumentFormat, format_of

__all__ = [
    "FORMATS",
    "BrokenDocument",
    "Content",
    "DocumentFormat",
    "DocumentLimits",
    "DocumentTooLarge",
    "ProtectedDocument",
    "Unit",
    "UnsafeDocument",
    "UnsupportedDocument",
    "format_of",
]
