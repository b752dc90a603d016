r"""How each kind of placeholder is written, as data. Pure.

Every pattern is linear in the text: it starts only where a run of its characters starts (a lookbehind), or reads a
bounded number of them, and possessive repeats (`++`, `{1,9}+`) never go back. Keep it so: the tests try hostile text.
A repeated group is atomic instead, `(?>(?:...)*)`: Python before 3.11.5 forgets to go back over a possessive one that
fails in its middle.

To add one, add a `_rule`: its kind, characters of which a match holds at least one ("" where that says nothing), and
the pattern, whose parts are joined.
"""

# ruff: noqa: RUF001
from __future__ import annotations

import re
from dataclasses import dataclass

from app.text.kinds import Kind

_TLD = r"(?:com|org|net|edu|gov|int|mil|info|biz|io|dev|app|eu|(?:com|org|net|gov|edu|co|gob)\.[a-z]{2})"
_FILE = (
    r"(?:pdf|docx?|odt|xlsx?|ods|csv|tsv|pptx?|odp|txt|md|rst|html?|xml|json|ya?ml|toml|ini|cfg|conf|log|env|lock|"
    r"py|js|mjs|ts|tsx|jsx|css|scss|java|kt|go|rs|rb|php|sh|bat|ps1|c|h|cpp|hpp|cs|sql|db|sqlite|ipynb|po|mo|svg|png|"
    r"jpe?g|gif|webp|ico|mp[34]|wav|ogg|webm|mkv|avi|mov|zip|gz|tar|tgz|bz2|xz|7z|rar|exe|dll|so|deb|rpm|apk|iso|img|"
    r"bin|dat|bak|tmp|epub|ttf|woff2?)"
)
_URL_END = r"[^\s<>\"“”«»„`|\\^{}。，、；：！？（）「」『』【】《》]"
_VALUE = r"""(?:"[^"<>\n]{0,999}+"|'[^'<>\n]{0,999}+'|[^\s"'<>=`]++)"""
_ATTRIBUTE = rf"\s++(?:[\w:@.-]++\s*+=\s*+{_VALUE}|(?:checked|disabled|hidden|required|selected|async|defer)\b)"

_PICTOGRAPH = (
    "(?:[\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff\u2600-\u27bf\u2b05-\u2b55\u231a-\u23ff"
    "\u203c\u2049\u2139\u25aa-\u25fe\u3030\u303d]|[\xa9\xae\u2122\u2190-\u21ff]\ufe0f)"
)
_CLUSTER = (
    rf"(?:[#*0-9]\ufe0f?\u20e3|[\U0001f1e6-\U0001f1ff]{{2}}|{_PICTOGRAPH}[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?"
    rf"[\U000e0020-\U000e007f]*+(?>(?:\u200d(?:{_PICTOGRAPH}|[\u2640\u2642])[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?)*))"
)

# Spaces inside numbers are the no-break ones: an ordinary space may part two numbers.
_DIGITS = r"\d{1,40}+(?>(?:[.,'’\u00a0\u202f/]\d{1,40}+){0,12})"
_GROUPED = r"\d{1,40}+(?>(?:[.,'’\u00a0\u202f]\d{1,40}+){1,12})"
_CURRENCY = r"(?:(?:US|R|A|C|NZ|HK|MX)?\$|[€£¥₹₩₽₺₫฿₴])"
_UNIT = (
    r"(?:%|‰|°\s?[CFK]?|[€£¥₹₩₽₺₫฿₴]|[kcmµn]?m[²³]?|[km]?g|m?[lL]|k?[mM]?Wh?|[kKMGTP]i?[Bb](?:/s|ps)?|[kMG]?Hz|"
    r"m?Ah|mV|kV|k?cal|dB|km/h|mph|m/s|rpm|fps|dpi|ppm|px|rem|em|pt|ms|ns|µs|min|bpm|bar|psi|hPa|(?:USD|EUR|GBP|BRL))"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to write a kind. signs: a text with none of these characters holds none; empty: ASCII holds none."""

    kind: Kind
    signs: frozenset[str]
    pattern: re.Pattern[str]


def _rule(kind: Kind, signs: str, *parts: str) -> Rule:
    return Rule(kind, frozenset(signs), re.compile("".join(parts)))


_DECIMALS = "0123456789"

RULES: tuple[Rule, ...] = (
    _rule(Kind.CODE, "`", r"(?<!`)(`{1,3})(?!`)[^`\n]{1,999}+\1(?!`)"),
    _rule(Kind.CODE, "$", r"(?<![\w$])\$(?=[^$\n]{0,200}[\\^=])[^\s$](?:[^$\n]{0,200}[^\s$])?\$(?![\w$])"),
    _rule(Kind.CODE, "-", r"(?<![\w-])--[A-Za-z][\w-]{1,80}+(?:=[\w./:-]{1,200}+)?"),
    _rule(Kind.CODE, "(", r"(?<![\w.])[A-Za-z_][\w.]{0,80}+\(\)"),
    _rule(Kind.CODE, "_", r"(?<![\w.])[A-Za-z]\w{0,60}_\w{1,80}+(?!\w)|(?<!\w)__\w{1,60}__(?!\w)"),
    _rule(
        Kind.TAG,
        "<",
        rf"<(?:/?(?:[A-Za-z][\w:.-]{{0,60}}+|\d{{1,3}}+)(?>(?:{_ATTRIBUTE})*)\s*+/?|!--[^<>\n]{{0,999}}+)>",
    ),
    _rule(Kind.ENTITY, "&", r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});"),
    _rule(  # a letter, so the whole word: caf&eacute;
        Kind.ENTITY,
        "&",
        r"(?<!\w)[^\W\d_]{0,40}+&[A-Za-z]{1,2}(?:acute|grave|circ|tilde|uml|cedil|ring|slash|lig|caron);",
        r"[^\W\d_]{0,40}+",
    ),
    _rule(
        Kind.URL,
        ":w",
        rf"(?<![A-Za-z0-9@.+-])(?:[A-Za-z][A-Za-z0-9+.-]{{1,20}}+://|www\.){_URL_END}{{1,2048}}+",
    ),
    _rule(Kind.URL, ":", r"(?<![\w@.+-])(?:mailto:[\w.+%-]{1,64}+@[\w.-]{1,200}+|tel:[\d+() -]{3,30}+)"),
    _rule(
        Kind.URL,
        ".",
        rf"(?<![\w@./\\-])(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}\.){{1,6}}{_TLD}",
        rf"(?![\w-]|\.\w)(?::\d{{2,5}})?(?:[/?#]{_URL_END}{{0,2048}}+)?",
    ),
    _rule(
        Kind.URL,
        "/",
        rf"(?<![\w@./\\-])(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}\.){{1,6}}[a-z]{{2,6}}/{_URL_END}{{1,2048}}+",
    ),
    _rule(Kind.URL, "@", r"(?<![\w.+%-])[\w.-]{1,64}+@[\w.-]{1,200}+:(?=[\w~/])[\w./~-]{1,200}+"),
    _rule(Kind.EMAIL, "@", r"(?<![\w.+%-])[\w.+%-]{1,64}+@(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24}+"),
    _rule(Kind.PATH, "/", r"(?<![\w/.~:<>)\]}-])(?:~|\.{1,2}|)(?>(?:/[\w.@%+~-]{1,255}+)+)/?"),
    _rule(Kind.PATH, ".", rf"(?<![\w/.@:-])(?:[\w@-]{{1,100}}+[./]){{1,40}}(?<=\.){_FILE}(?![\w/-]|\.\w)"),
    _rule(
        Kind.PATH,
        "\\",
        r"(?<![A-Za-z0-9])[A-Za-z]:\\(?>(?:[^\s\\/:*?\"<>|][^\\/:*?\"<>|\n]{0,79}+\\)*)[^\s\\/:*?\"<>|]{0,255}+",
    ),
    _rule(Kind.PATH, "\\", r"(?<![\w\\])\\\\[\w.-]{1,63}+\\[^\s/:*?\"<>|]{1,255}+"),
    _rule(
        Kind.VARIABLE,
        "{<",
        r"\{\{\{?[^{}\n]{1,120}+\}?\}\}|[$#%]\{[^{}\n]{1,120}+\}",
        r"|\{%[^%\n]{1,200}+%\}|<%[^%\n]{1,200}+%>",
    ),
    _rule(
        Kind.VARIABLE,
        "{",
        r"\{[^{}\s]{0,80}+\}|\{ ?[\w.$:!|,-]{1,60}+ ?\}",
        r"|\{\w{1,60}, ?(?:number|date|time)[^{}\n]{0,60}+\}",
    ),
    _rule(Kind.VARIABLE, "%", r"%\([\w .-]{1,60}+\)[-#0 +]{0,3}\d{0,4}(?:\.\d{1,3})?[A-Za-z]"),
    _rule(
        Kind.VARIABLE,
        "%",
        r"(?<![\d%])%(?:\d{1,2}\$)?[-+#0]{0,3}(?:\d{1,4}|\*)?(?:\.(?:\d{1,3}|\*))?(?:hh|ll|[hlLqjzt])?",
        r"(?:[ds@]|[iouxXeEfFgGaAcSpn](?![A-Za-z]))",
    ),
    _rule(Kind.VARIABLE, "%#", r"(?<![\d%])%\d{1,2}(?![\d%.,])|%%|(?<!\S)#(?!\S)"),
    _rule(Kind.VARIABLE, "%", r"(?<![\w%])%[A-Za-z_][\w.-]{0,60}+%(?!\w)"),
    _rule(Kind.VARIABLE, "$", r"(?<![\w$])\$[A-Za-z_]\w{0,60}+"),
    _rule(Kind.SHORTCODE, ":", r"(?<![\w:]):(?=[\d_+-]{0,40}[a-z])[a-z0-9_+-]{2,40}+:(?![\w:])"),
    _rule(Kind.VARIABLE, ":", r"(?<![\w:/.]):[a-z_][a-z0-9_]{2,40}+(?![\w:])"),
    _rule(Kind.MENTION, "@", r"(?<![\w@/.])@[^\W\d](?>(?:[\w-]|\.(?=\w)){0,60})(?:/[\w.-]{1,80}+)?"),
    _rule(Kind.HASHTAG, "#", r"(?<![\w&#/])#[^\W_]\w{0,100}+"),
    _rule(Kind.EMOJI, "", rf"(?>{_CLUSTER}+)"),
    _rule(Kind.EMOJI, ":;=", r"(?<!\S)[:;=]['-]?[()DPp|](?!\w)"),
    _rule(Kind.NUMBER, _DECIMALS, rf"(?<![\w.,])[+−-]?{_CURRENCY}[ \u00a0\u202f]?{_DIGITS}(?!\w)"),
    _rule(Kind.NUMBER, _DECIMALS, rf"(?<![\w.,])[+−±~-]?{_DIGITS}[ \u00a0\u202f]?{_UNIT}(?!\w)"),
    _rule(
        Kind.NUMBER,
        _DECIMALS,
        rf"(?<![\w.,])[+−±~-]?{_GROUPED}(?!\w)|(?<![\w.,/-])\d{{1,4}}/\d{{1,2}}/\d{{1,4}}(?![\w/])",
    ),
    _rule(Kind.TIME, ":", r"(?<![\w:.])\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?![\w:])"),
    _rule(
        Kind.TIME,
        "-",
        r"(?<![\w-])\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?![\w-])",
    ),
    _rule(
        Kind.IDENTIFIER,
        _DECIMALS,
        r"(?<![\w.])(?:[vV]\d{1,6}+(?>(?:\.\d{1,6}+){0,6})|\d{1,6}+(?>(?:\.\d{1,6}+){2,6}))(?:[-+][\w.]{1,40})?(?!\w)",
    ),
    _rule(Kind.IDENTIFIER, "-", r"(?<![\w-])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![\w-])"),
    _rule(
        Kind.IDENTIFIER,
        _DECIMALS,
        r"(?<!\w)(?=[a-fA-F]{0,64}\d)(?=\d{0,64}[a-fA-F])[0-9a-fA-F]{7,64}+(?!\w)",
        r"|(?<!\w)0x[0-9A-Fa-f]{1,64}+(?!\w)",
    ),
    _rule(Kind.IDENTIFIER, ":", r"(?<![\w:])[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}(?![\w:])"),
)

SIGNS = frozenset().union(*(rule.signs for rule in RULES))
"""Every sign of a rule; other characters say nothing about what a text holds."""
