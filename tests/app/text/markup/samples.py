"""Small texts as people send them, written for these tests."""

from __future__ import annotations

MAIL = """<html><head><meta charset="utf-8"><style>p { margin: 0 }</style></head>
<body style="font-family: Arial">
<p class=MsoNormal>Hi Ana,<o:p></o:p></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoNormal>Thanks for the <b>quick</b> reply &ndash; the files are
<a href="https://example.com/a?x=1&y=2">here</a>.<br>Let me know!<o:p></o:p></p>
<div style='border:none;border-top:solid #E1E1E1 1.0pt'>From: Tom &lt;tom@example.com&gt;</div>
<img src="cid:logo" alt="Our logo">
</body></html>
"""

ENCYCLOPEDIA = """<p>The <b>tea plant</b> (<i lang="la">Camellia sinensis</i>) is an
<a href="/wiki/Evergreen" title="Evergreen">evergreen</a> shrub<sup id="cite_ref-1" class="reference"><a
href="#cite_note-1"><span>[</span>1<span>]</span></a></sup> that grows at
<span class="nowrap">1,500&nbsp;metres</span>.</p>
<table class="infobox"><tbody><tr><th scope="row">Family</th><td>Theaceae</td></tr>
<tr><th>Height<td>2 m<br>(6 ft 7 in)</table>
"""

README = """<h1 align="center">Project</h1>
<p align="center">
  <a href="x"><img alt="Build status" src="b.svg"></a>
</p>

[![PyPI](https://img.example/p.svg)](https://example.com/p) ![License](l.svg)

A **fast** server for `things`, written in [Python](https://python.example).
It needs Python 3.11 or *newer*.

## Install

```bash
pip install project  # not translated
```

1. Open `config.toml`
2. Set `name = "x"` and save:

       name = "x"

> [!WARNING]
> Do **not** use this in production,
> see [the notes][notes].

| Option | Meaning |
|--------|---------|
| `-v`   | Say more |
| `-q`   | Say \\| print less |

- [x] Works
- [ ] Is finished[^1]

[notes]: docs/notes.md "Notes"
[^1]: It never is.

<details><summary>More</summary>

Some more words.

</details>
"""

STRINGS = """<?xml version="1.0" encoding="utf-8"?>
<resources xmlns:xliff="urn:oasis:names:tc:xliff:document:1.2">
    <!-- Greeting -->
    <string name="hello">Hello, <xliff:g id="name">%1$s</xliff:g>!</string>
    <string name="brand" translatable="false">Acme</string>
    <string name="terms">I accept the <a href="terms">terms &amp; conditions</a></string>
    <plurals name="files"><item quantity="one">One file</item><item quantity="other">%d files</item></plurals>
    <string name="html"><![CDATA[Read <b>this</b> first]]></string>
</resources>
"""
