"""What a placeholder can be. Values only, pure."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """The kinds of literals, each with an example.

    Kinds say how a thing behaves in a sentence, since that decides what the model is best shown in its place.
    """

    URL = "url"  # https://example.com/a_(b), www.example.com, a.example/path, mailto:a@example.com, git@example.com:a/b
    EMAIL = "email"  # me@example.com
    PATH = "path"  # /etc/hosts, ~/notes, src/main.py, report.pdf, C:\Program Files\x, \\server\share
    VARIABLE = "variable"  # {name}, {{name}}, ${name}, #{name}, %s, %1$s, %(name)s, %name%, $VAR, :name, %%
    MESSAGE = "message"  # {count, plural, one {# file} other {# files}}: an ICU argument, see app.text.icu
    TAG = "tag"  # <b>, </b>, <x/>, <0>, <!-- -->, standing in plain text
    ENTITY = "entity"  # &nbsp;, &#39;
    CODE = "code"  # `inline code`, --long-option, function(), snake_case
    SHORTCODE = "shortcode"  # :smile:
    MENTION = "mention"  # @someone, @scope/package
    HASHTAG = "hashtag"  # #topic, #123
    EMOJI = "emoji"  # a run of pictographs, flags and keycaps, and :-)
    NUMBER = "number"  # 1,299.50, 12.5 km, 30 °C, R$ 10, 5%, 12/05/2024
    TIME = "time"  # 10:30, 2024-05-12, 2024-05-12T10:30:00Z
    IDENTIFIER = "identifier"  # v1.2.3, 10.0.0.1, a UUID, a hash, a MAC address
    TERM = "term"  # a glossary's target term
