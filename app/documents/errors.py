"""What is wrong with a document; values only, pure.

RequestError
├── UnsupportedDocument    415  a format that is not read here
├── DocumentTooLarge       413  in bytes, unpacked, or in text
├── BrokenDocument         400  not what its name says, or damaged
├── ProtectedDocument      400  encrypted, or behind a password
└── UnsafeDocument         400  made to harm who reads it: a zip bomb, an entity bomb, a path out of the archive
"""

from __future__ import annotations

from app.errors import RequestError


class UnsupportedDocument(RequestError):
    """A format that is not read here."""

    code = "unsupported_document"
    status = 415


class DocumentTooLarge(RequestError):
    """In bytes, unpacked, or in text."""

    code = "document_too_large"
    status = 413


class BrokenDocument(RequestError):
    """Not what its name says, or damaged."""

    code = "broken_document"


class ProtectedDocument(RequestError):
    """Encrypted, or behind a password."""

    code = "protected_document"


class UnsafeDocument(RequestError):
    """Made to harm who reads it: a zip bomb, an entity bomb, a path out of the archive."""

    code = "unsafe_document"
