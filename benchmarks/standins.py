"""How often each way to show a placeholder to the embedded models comes back, and what is lost after each attempt.

Sentences of this file's own, in both languages, with several literals of each kind in turn. No server is started.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.text.inline import Segment
from app.text.kinds import Kind
from app.text.masking import mask
from app.text.placeholders import placeholders
from app.text.projection import Projected, project
from model_pool.catalog.catalog import Catalog
from model_pool.engines.ctranslate2 import CTranslate2Loader
from model_pool.replica import Loaded, load_replica, make_spec
from model_pool.tokenization.offsets import links
from model_pool.types import DecodeOptions, Link

_BATCH = 32
_THINGS = {
    "en": (
        "Please open {} before you continue.",
        "The file {} was not found in the folder {}.",
        "Could not connect to {}: try again later.",
        "Hello {}, you have a new message from {}.",
        "{} is not a valid value for the field.",
        "Do you want to replace {} with {}?",
        "You can read more about this at {}.",
        "The old house ({}) was sold to {} last year.",
        "Send a copy to {} and keep the original.",
        "{} and {} were added to your list.",
        "I think {} is the best choice for our family.",
        "Click the button to remove {} from the device.",
    ),
    "pt": (
        "Por favor, abra {} antes de continuar.",
        "O arquivo {} não foi encontrado na pasta {}.",
        "Não foi possível conectar a {}: tente mais tarde.",
        "Olá {}, você tem uma nova mensagem de {}.",
        "{} não é um valor válido para o campo.",
        "Deseja substituir {} por {}?",
        "Você pode ler mais sobre isso em {}.",
        "A casa antiga ({}) foi vendida a {} no ano passado.",
        "Envie uma cópia para {} e guarde o original.",
        "{} e {} foram adicionados à sua lista.",
        "Acho que {} é a melhor escolha para a nossa família.",
        "Clique no botão para remover {} do dispositivo.",
    ),
}
_AMOUNTS = {
    "en": (
        "The box weighs {}.",
        "It costs {} more than last year.",
        "Between {} and {} in the morning.",
        "From {} to {}.",
    ),
    "pt": ("A caixa pesa {}.", "Custa {} a mais que no ano passado.", "Entre {} e {} da manhã.", "De {} a {}."),
}
_MOODS = {
    "en": ("I love this {} song!", "See you tomorrow {} my friend.", "The {} party was great {} thanks."),
    "pt": ("Adoro esta música {} demais!", "Até amanhã {} meu amigo.", "A festa {} foi ótima {} obrigado."),
}
_LITERALS: dict[Kind, tuple[str, ...]] = {
    Kind.URL: ("https://example.com/a?b=c", "www.example.org", "http://localhost:8080/x_(y)"),
    Kind.EMAIL: ("maria@example.com", "no-reply@mail.example.org"),
    Kind.PATH: ("/etc/hosts", "src/main.py", r"C:\Users\Maria\notes.txt", "report.pdf"),
    Kind.VARIABLE: ("{name}", "{0}", "{{count}}", "%1$s", "%s", "%(user)s", "${HOME}", "%name%"),
    Kind.CODE: ("`git status`", "--help", "load_file()", "max_length"),
    Kind.MENTION: ("@maria", "@joao.silva"),
    Kind.HASHTAG: ("#travel", "#123"),
    Kind.IDENTIFIER: ("v1.2.3", "192.168.0.1", "123e4567-e89b-12d3-a456-426614174000"),
    Kind.NUMBER: ("12.5 km", "30 °C", "1,299.00 €", "5%", "R$ 10,50"),
    Kind.TIME: ("10:30", "2024-05-12", "08:15"),
    Kind.EMOJI: ("😀", "👩‍👩‍👧", "🇧🇷"),
    Kind.TAG: ("<br/>", "<x id=1/>"),
}
_SHOWN: dict[str, Callable[[int], str]] = {
    "XQ1": lambda index: f"XQ{index + 1}",
    "X_1": lambda index: f"X_{index + 1}",
    "http://x1.com": lambda index: f"http://x{index + 1}.com",
    "4718": lambda index: str((4718, 5829, 6937)[index % 3]),
    "ABC1": lambda index: f"ABC{index + 1}",
    "[1]": lambda index: f"[{index + 1}]",
    "__1__": lambda index: f"__{index + 1}__",
    "{1}": lambda index: f"{{{index + 1}}}",
}


@dataclass(frozen=True, slots=True)
class Model:
    """One embedded checkpoint, called without a server."""

    source: str
    target: str
    loaded: Loaded

    def translate(self, texts: Sequence[str], beam: int = 1) -> list[tuple[str, tuple[Link, ...]]]:
        tokenizer, options = self.loaded.tokenizer, DecodeOptions(beam_size=beam, return_attention=True)
        made = []
        for batch in _batched(texts):
            segments = [tokenizer.encode(text, self.source, self.target) for text in batch]
            for text, (best, *_) in zip(batch, self.loaded.engine.translate(segments, options), strict=True):
                places = tokenizer.source_offsets(text, self.source, self.target)
                rows = best.attention or ()
                found = tuple(links(rows, places, tokenizer.target_offsets(best.tokens)))
                made.append((tokenizer.decode(best.tokens), found))
        return made


def opened(source: str, target: str) -> Model:
    loader = CTranslate2Loader()
    with tempfile.TemporaryDirectory() as data:
        checkpoint = Catalog(Path(data)).resolve(f"embedded/{source}-{target}")
    return Model(source, target, load_replica(make_spec(loader, checkpoint), loader))


def sentences(language: str, kind: Kind) -> Iterator[str]:
    """Every template of a language with every turn of a kind's literals."""
    moods, amounts = {Kind.EMOJI, Kind.TAG}, {Kind.NUMBER, Kind.TIME}
    templates = (_MOODS if kind in moods else _AMOUNTS if kind in amounts else _THINGS)[language]
    literals = _LITERALS[kind]
    for template in templates:
        for turn in range(len(literals)):
            yield template.format(*(literals[(turn + one) % len(literals)] for one in range(template.count("{}"))))


def copied(model: Model, texts: Sequence[str], shown: Callable[[int], str] | None) -> float:
    """Return the share of sentences of which every stand-in (None: the literal itself) comes back just once."""
    masked = [_replaced(text, shown) for text in texts]
    made = model.translate([text for text, _ in masked])
    good = [
        all(output.count(one) == 1 for one in set(ones)) for (output, _), (_, ones) in zip(made, masked, strict=True)
    ]
    return sum(good) / len(good)


def lost(model: Model, texts: Sequence[str]) -> list[int]:
    """Return in how many a mark is doubted still: after attempt 0 greedy, then with a beam, then attempts 1 and 2."""
    waiting, counts = list(texts), []
    for attempt, beam in ((0, 1), (0, 4), (1, 1), (2, 1)):
        outcomes = attempted(model, waiting, attempt, beam) if waiting else []
        waiting = [text for text, outcome in zip(waiting, outcomes, strict=True) if outcome.missing]
        counts.append(len(waiting))
    return counts


def attempted(model: Model, texts: Sequence[str], attempt: int, beam: int) -> list[Projected]:
    masked = [mask(Segment(text, tuple(placeholders(text))), attempt) for text in texts]
    made = model.translate([one.text for one in masked], beam)
    return [project(one, *answer) for one, answer in zip(masked, made, strict=True)]


def _replaced(text: str, shown: Callable[[int], str] | None) -> tuple[str, list[str]]:
    marks = placeholders(text)
    if shown is None:
        return text, [mark.literal or "" for mark in marks]
    parts, at, ones = [], 0, []
    for index, mark in enumerate(marks):
        ones.append(shown(index))
        parts += [text[at : mark.start], ones[-1]]
        at = mark.end
    return "".join([*parts, text[at:]]), ones


def _batched(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH))


def main() -> None:
    """Print one table for each direction."""
    argparse.ArgumentParser(prog="python -m benchmarks.standins", description=__doc__).parse_args()
    for model in (opened("en", "pt"), opened("pt", "en")):
        print(f"\n{model.source} to {model.target}\n")
        print(
            "| kind | sentences | as it is |",
            " | ".join(f"`{name}`" for name in _SHOWN),
            "| doubted after each attempt |",
        )
        print("|---" * (len(_SHOWN) + 4) + "|")
        for kind in _LITERALS:
            texts = list(sentences(model.source, kind))
            rates = [f"{copied(model, texts, shown):.0%}" for shown in (None, *_SHOWN.values())]
            print(
                f"| {kind.value} | {len(texts)} |", " | ".join(rates), f"| {', '.join(map(str, lost(model, texts)))} |"
            )


if __name__ == "__main__":
    main()
