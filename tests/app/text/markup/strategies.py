"""Markup of every kind, for Hypothesis: whole, broken, and hostile."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = ["Hello", "world,", "the end.", "A", "é", "naïve", "日本語", "x & y", "a < b", "5 > 3", "42", "—", "I'm", "Mr."]
SPACES = [" ", " ", "", "\n", "  \n ", "\t"]
INLINE = ["b", "i", "em", "strong", "span", "a", "u", "sup", "x-foo", "font"]
BLOCK = ["p", "div", "li", "td", "h1", "blockquote", "ul", "table", "tr", "section", "button", "title"]
ODD = [
    "<br>",
    "<br/>",
    '<img src="a>b" alt="An image">',
    "<!-- a <b> comment -->",
    "<!-->",
    "<code>a &lt; <i>b</i></code>",
    "<script>if (a<b) c()</script>",
    "<style>p > a {}</style>",
    '<span translate="no">Brand <b>Name</b></span>',
    '<p translate="no">No <span translate="yes">Yes</span></p>',
    "<pre> pre \n text </pre>",
    "<textarea placeholder='Write'>a <b> c</textarea>",
    "<svg><title>T</title><path d='M0'/></svg>",
    "<math><mi>x</mi></math>",
    '<a title="More &quot;info&quot;" href=x?a=1&b=2>link</a>',
    '<input type=submit value=Send><input value="keep">',
    "<hr>",
    "<wbr>",
    "&nbsp;",
    "&eacute;",
    "&amp;",
    "&quot;",
    "&#8217;",
    "&notanentity;",
]
BROKEN = ["<", "</", "<b", "</b>", "<i>", "</p>", "<p>", "<a href='", "<!--", "<![CDATA[", "<?php ?>", "&", "</>", "<%"]


def _text() -> st.SearchStrategy[str]:
    pairs = st.tuples(st.sampled_from(WORDS), st.sampled_from(SPACES)).map("".join)
    return st.lists(pairs, min_size=1, max_size=4).map("".join)


def _html_text() -> st.SearchStrategy[str]:
    return _text().map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;"))


def _element(names: list[str], content: st.SearchStrategy[str], *, strict: bool) -> st.SearchStrategy[str]:
    attributes = st.sampled_from(["", ' class="x"', " lang='pt'", " id='y' c=''" if strict else " id=y hidden"])
    return st.builds(
        lambda name, attribute, inner: f"<{name}{attribute}>{inner}</{name}>",
        st.sampled_from(names),
        attributes,
        content,
    )


def _nested(leaf: st.SearchStrategy[str], names: list[str], *, strict: bool = False) -> st.SearchStrategy[str]:
    def deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return _element(names, st.lists(inner | leaf, max_size=4).map("".join), strict=strict)

    return st.recursive(leaf, deeper, max_leaves=12)


def html() -> st.SearchStrategy[str]:
    """HTML as people write it."""
    leaf = _html_text() | st.sampled_from(ODD) | st.just(" ")
    return st.lists(_nested(leaf, INLINE + BLOCK), max_size=5).map("".join)


def soup() -> st.SearchStrategy[str]:
    """Tags in any order, closed or not, of any kind."""
    tags = [f"<{slash}{name}>" for name in INLINE[:6] + BLOCK for slash in ("", "/")]
    return st.lists(_text() | st.sampled_from(ODD + BROKEN + tags) | st.text(max_size=5), max_size=14).map("".join)


def xml() -> st.SearchStrategy[str]:
    """Well-formed XML without a root."""
    odd = ["<br/>", "<n:a n:b='c'/>", "<!-- c -->", "<?pi x?>", "<![CDATA[a < b]]>", "<![CDATA[<p>Hi <b>you</b></p>]]>"]
    leaf = _html_text() | st.sampled_from([*odd, "&amp;", "&#233;", "<x>Keep</x>", " "])
    names = ["par", "b", "i", "item", "x", "ns:tag", "é"]
    return st.lists(_nested(leaf, names, strict=True), max_size=5).map("".join).map(_declared)


def _declared(text: str) -> str:
    return f'<w xmlns:n="u:n" xmlns:ns="u:ns">{text}</w>'


MARKDOWN = [
    "# Title\n",
    "Set *ext*\n===\n",
    "- item\n",
    "  continued\n",
    "1. one\n",
    "> quote\n",
    "> > deeper **bold**\n",
    "- [ ] a task\n",
    "\n",
    "\n\n",
    "    code\n",
    "```\nfence\n```\n",
    "| a | b \\| c |\n|---|:-:|\n| *x* y | `z` |\n",
    "[ref]: http://x 'Title'\n",
    "[^1]: A note\n",
    "<div>Block <b>html</b></div>\n",
    "***\n",
    "a hard  \nbreak\\\nhere\n",
    "Text **bold** and _it_, ~~gone~~ ***both***",
    "[link](http://x.y?a=b 't') [ref] [text][ref] [ref][]",
    "![image](a.png) ![al*t*](b)",
    "<http://a.b> `code ` ``a`b`` ",
    "Note[^1] \\* &amp; &eacute; ",
    "<b>html</b><br>in <kbd>K</kbd> ",
    "snake_case 2*3*4 **un*even** __x__y ",
    "* ",
    "\t",
    "\r\n",
    "!",
    "1986. A year ",
    "**Note:**next ",
]


def markdown() -> st.SearchStrategy[str]:
    """Markdown of every kind in any order."""
    return st.lists(st.sampled_from(MARKDOWN) | _text(), max_size=10).map("".join)
