"""Which HTML elements part text, which stay as they are, and which attributes people read; data only, pure."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


BLOCKS = _names(
    "address article aside base basefont bgsound blockquote body br button canvas caption center col colgroup "
    "dd details dialog dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 "
    "h5 h6 head header hgroup hr html iframe legend li link listing main map menu meta nav noembed noframes "
    "noscript object ol optgroup option p param plaintext pre script search section select source style "
    "summary table tbody td template textarea tfoot th thead title tr track ul xmp"
)
"""They end a sentence. All other elements, also unknown ones, stand inside of sentences, as in CSS."""

INVISIBLE = frozenset({"script", "style", "template"})
"""Part nothing although they are untouched: a script inside of a paragraph is not seen."""

VOIDS = _names("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr")
"""Have no end tag."""

UNTOUCHED = _names(
    "code iframe kbd listing math noembed noframes plaintext pre samp script style svg template textarea var xmp"
)
"""Are not translated, unless they say `translate="yes"`."""

UNNESTED = frozenset({"a", "nobr"})
"""A second one ends the first, whatever the tags say."""

WORDLESS = frozenset({"svg", "math"})
"""Hold text that does not read as part of the sentence around it."""

RAW_TEXT = _names("iframe noembed noframes plaintext script style textarea title xmp")
"""Their content is text up to their own end tag, whatever it looks like."""

CODE = RAW_TEXT - {"textarea", "title"}
"""Is never translated, whatever its tag says."""

CLOSES = {
    "dd": frozenset({"dd", "dt"}),
    "dt": frozenset({"dd", "dt"}),
    "li": frozenset({"li"}),
    "option": frozenset({"option"}),
    "optgroup": frozenset({"option", "optgroup"}),
    "tbody": frozenset({"td", "th", "tr", "thead", "tbody", "tfoot"}),
    "td": frozenset({"td", "th"}),
    "tfoot": frozenset({"td", "th", "tr", "thead", "tbody", "tfoot"}),
    "th": frozenset({"td", "th"}),
    "thead": frozenset({"td", "th", "tr", "thead", "tbody", "tfoot"}),
    "tr": frozenset({"td", "th", "tr"}),
}
"""Start tag -> the open elements that it ends; every block also ends an open `p`."""

SCOPES = _names("button dl object ol select table td th ul")
"""What such a start tag does not look beyond."""

READABLE = _names(
    "alt aria-description aria-label aria-placeholder aria-roledescription aria-valuetext placeholder title"
)
"""Attributes that people see or hear, on any element."""

LABELLED = frozenset({"optgroup", "option", "track"})
"""Elements whose `label` people see."""

READABLE_META = _names(
    "application-name description og:description og:image:alt og:site_name og:title twitter:description "
    "twitter:image:alt twitter:title"
)
"""`name` or `property` of the `meta` whose `content` people see."""

BUTTONS = frozenset({"button", "reset", "submit"})
"""`type` of the `input` whose `value` people see."""
