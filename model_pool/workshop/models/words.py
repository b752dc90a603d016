"""Text to the ids that a trainable checkpoint reads, and back: SentencePiece models and one vocabulary; reads files.

source.spm, target.spm   may be the same
vocab.json               piece -> id, joint for both sides, as MarianTokenizer reads it
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sentencepiece import SentencePieceProcessor

from model_pool.workshop.errors import ArtifactInvalid

SOURCE_NAME, TARGET_NAME, VOCABULARY_NAME = "source.spm", "target.spm", "vocab.json"
END, UNKNOWN, PAD = "</s>", "<unk>", "<pad>"

_TAG = re.compile(r"\s*(>>[^<>\s]+<<)\s*")


class Words:
    """A tokenizer. Ids are those of `vocab.json`.

    eos ends every sentence; pad fills batches; decoder_start is what a decoder reads first; unknown is for pieces that
    the vocabulary lacks. A tag at the start of a source (`>>pt<<`) is one id of its own, as in serving.
    """

    def __init__(self, source: bytes, target: bytes, vocabulary: Mapping[str, int]) -> None:
        missing = [piece for piece in (END, UNKNOWN, PAD) if piece not in vocabulary]
        if missing:
            raise ArtifactInvalid(f"{VOCABULARY_NAME} has no {', '.join(missing)}. Make it with the step tokenizer.")
        self.source_model, self.target_model, self.vocabulary = source, target, dict(vocabulary)
        self.eos, self.unknown, self.pad = (vocabulary[piece] for piece in (END, UNKNOWN, PAD))
        self.decoder_start = self.pad
        self.size = max(vocabulary.values()) + 1
        self._source, self._target = (SentencePieceProcessor(model_proto=model) for model in (source, target))
        self._source_ids, self._target_ids = self._ids(self._source), self._ids(self._target)
        self._pieces = {index: piece for piece, index in vocabulary.items() if piece not in {END, UNKNOWN, PAD}}

    def encode(self, text: str) -> list[int]:
        """Return the ids of a source, eos at the end."""
        return self.encode_all([text])[0]

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of many sources."""
        split = [self._tagged(text) for text in texts]
        encoded = self._source.encode([rest for _, rest in split])
        return [
            [*tag, *(self._source_ids[index] for index in one), self.eos]
            for (tag, _), one in zip(split, encoded, strict=True)
        ]

    def encode_target(self, text: str) -> list[int]:
        """Return the ids of a target, eos at the end."""
        return self.encode_targets([text])[0]

    def encode_targets(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of many targets."""
        encoded = self._target.encode(list(texts))
        return [[*(self._target_ids[index] for index in one), self.eos] for one in encoded]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of a target; what is no piece of text (eos, pad, unknown) is left out."""
        pieces = [self._pieces[index] for index in ids if index in self._pieces]
        text: str = self._target.decode_pieces(pieces)
        return text

    def save(self, directory: Path) -> None:
        """Write the three files."""
        (directory / SOURCE_NAME).write_bytes(self.source_model)
        (directory / TARGET_NAME).write_bytes(self.target_model)
        listed = json.dumps(self.vocabulary, ensure_ascii=False)
        (directory / VOCABULARY_NAME).write_text(listed + "\n", encoding="utf-8")

    def _ids(self, model: SentencePieceProcessor) -> list[int]:
        pieces = model.id_to_piece(list(range(model.get_piece_size())))
        return [self.vocabulary.get(piece, self.unknown) for piece in pieces]

    def _tagged(self, text: str) -> tuple[list[int], str]:
        match = _TAG.match(text)
        if match is None or match[1] not in self.vocabulary:
            return [], text
        return [self.vocabulary[match[1]]], text[match.end() :]


def leading_tag(text: str) -> str:
    """Return the tag at the start of a source; empty where there is none."""
    match = _TAG.match(text)
    return match[1] if match else ""


def load_words(directory: Path) -> Words:
    """Read the tokenizer of a checkpoint or of the step tokenizer. Raises ArtifactInvalid."""
    try:
        source, target = ((directory / name).read_bytes() for name in (SOURCE_NAME, TARGET_NAME))
        vocabulary = json.loads((directory / VOCABULARY_NAME).read_text(encoding="utf-8"))
        return Words(source, target, vocabulary)
    except (OSError, ValueError, RuntimeError) as error:
        raise ArtifactInvalid(
            f"{directory} has no tokenizer that can be read ({SOURCE_NAME}, {TARGET_NAME}, {VOCABULARY_NAME}): {error}"
        ) from error
