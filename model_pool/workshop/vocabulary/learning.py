"""Learns a tokenizer; the sole place that trains SentencePiece; touches disk.

Ids are laid out as Marian's checkpoints have them: </s> 0, <unk> 1, the pieces, <pad> last, which is what a decoder
reads first as well.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterable, Iterator, Sequence

from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from model_pool.workshop.data.batches import Encode
from model_pool.workshop.data.pairs import read_corpus
from model_pool.workshop.errors import DataInvalid
from model_pool.workshop.models.languages import Languages, write_languages
from model_pool.workshop.models.words import END, PAD, UNKNOWN, Words
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Job
from model_pool.workshop.vocabulary.step import TokenizerOptions

_THREADS = 16
"""A part of the recipe: sums in floating point depend on it."""

_LONGEST = 512
_MEASURED = 10_000


def learn_tokenizer(job: Job[TokenizerOptions]) -> Figures:
    """Run the step. Raises DataInvalid where the corpus is too small for so many pieces."""
    options = job.options
    job.progress.phase("reading", None, "sentences")
    sources, targets = _samples(job)
    job.progress.phase(f"learning {options.size} pieces", None)
    if options.separate:
        models = _learn(sources, options), _learn(targets, options)
    else:
        models = (_learn([*sources, *targets], options),) * 2
    words = Words(*models, _vocabulary(models))
    words.save(job.output)
    write_languages(job.output, Languages(options.sources, options.targets), _LONGEST)
    return {
        "pieces": words.size,
        "sentences": len(sources) + len(targets),
        "source": _measured(words.encode_all, sources[:_MEASURED], words.unknown),
        "target": _measured(words.encode_targets, targets[:_MEASURED], words.unknown),
    }


def _samples(job: Job[TokenizerOptions]) -> tuple[list[str], list[str]]:
    draw = random.Random(job.seed)  # noqa: S311 - no secret
    kept: list[tuple[str, str]] = []
    seen = 0
    for seen, pair in enumerate(read_corpus(job.inputs["corpus"]), 1):
        if len(kept) < job.options.sample:
            kept.append((pair.source, pair.target))
        elif (place := draw.randrange(seen)) < job.options.sample:
            kept[place] = (pair.source, pair.target)
    if not kept:
        raise DataInvalid("The corpus has no pair to learn from.")
    job.progress.advance(seen)
    return [source for source, _ in kept], [target for _, target in kept]


def _learn(sentences: Iterable[str], options: TokenizerOptions) -> bytes:
    written = io.BytesIO()
    try:
        SentencePieceTrainer.train(
            sentence_iterator=_lines(sentences),
            model_writer=written,
            model_type=options.model,
            vocab_size=options.size,
            character_coverage=options.coverage,
            byte_fallback=options.byte_fallback,
            normalization_rule_name=options.normalization,
            user_defined_symbols=list(options.symbols),
            eos_id=0,
            unk_id=1,
            bos_id=-1,
            pad_id=-1,
            num_threads=_THREADS,
            minloglevel=2,
        )
    except (RuntimeError, OSError) as error:
        raise DataInvalid(f"No tokenizer of {options.size} pieces can be learned: {_told(error)}") from error
    return written.getvalue()


def _lines(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        if sentence:
            yield sentence.replace("\n", " ")


def _told(error: Exception) -> str:
    """Return SentencePiece's sentence without its place in the source code."""
    return str(error).rpartition("] ")[2] or str(error)


def _vocabulary(models: Sequence[bytes]) -> dict[str, int]:
    vocabulary = {END: 0, UNKNOWN: 1}
    for model in models:
        processor = SentencePieceProcessor(model_proto=model)
        for piece in processor.id_to_piece(list(range(processor.get_piece_size()))):
            vocabulary.setdefault(piece, len(vocabulary))
    return vocabulary | {PAD: len(vocabulary)}


def _measured(encode: Encode, texts: Sequence[str], unknown: int) -> dict[str, float]:
    encoded = encode(texts)
    tokens = sum(len(one) - 1 for one in encoded)
    words = sum(len(text.split()) for text in texts)
    return {
        "tokens_per_word": round(tokens / max(1, words), 3),
        "unknown_share": round(sum(one.count(unknown) for one in encoded) / max(1, tokens), 6),
    }
