"""The tokens of Markdown by a parser of its own, without words."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_PARSER.use(footnote_plugin, inline=False, move_to_end=False, always_match_refs=True)
_AS_TAGS = {f"<{slash}{tag}>" for tag in ("em", "strong", "del") for slash in ("", "/")}


def markdown_skeleton(text: str, *, inline: bool = True) -> list[object]:
    """Return types and attributes of all tokens; words and soft line breaks are left out, as is what they are in."""
    out: list[object] = []
    for token in _PARSER.parse(text):
        own = token.content if token.type in {"fence", "code_block"} else ""
        out.append((token.type, token.tag, sorted(token.attrs.items()), own))
        if inline:
            out += [_inline(child) for child in token.children or [] if child.type not in {"text", "softbreak"}]
    return out


def _inline(token: Token) -> object:
    attributes = {key: value for key, value in token.attrs.items() if key != "alt"}
    own = token.content if token.type in {"code_inline", "html_inline"} else ""
    kind = token.type
    if own in _AS_TAGS:  # emphasis that Markdown has no way to write at that place
        kind, own = {"<em>": "em_open", "</em>": "em_close", "<strong>": "strong_open"}.get(own, kind), ""
    return kind, sorted(attributes.items()), own
