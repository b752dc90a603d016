"""`load_tokenizer`: a checkpoint directory to its tokenizer; reads tokenizer files, imports no torch."""

from __future__ import annotations

from pathlib import Path

from model_pool.catalog.manifest import Manifest
from model_pool.catalog.vocabulary import read_engine_config
from model_pool.tokenization.base import Tokenizer
from model_pool.tokenization.checkpoint_tokenizer import CheckpointTokenizer
from model_pool.tokenization.controls import Controls
from model_pool.tokenization.pieces import Pieces
from model_pool.tokenization.spm import SentencePieces


def load_tokenizer(checkpoint_path: Path, manifest: Manifest) -> Tokenizer:
    """Build the tokenizer that a manifest describes. Raises CheckpointUnreadable naming the file at fault."""
    config = read_engine_config(checkpoint_path)
    special = (config.bos_token, config.eos_token, config.unk_token, config.decoder_start_token)
    controls = Controls(manifest, special)
    # CTranslate2 appends the end token where its config says so, whether or not it is there already.
    end = () if config.add_source_eos else (config.eos_token,)
    return CheckpointTokenizer(manifest, _pieces(checkpoint_path, manifest, controls), controls, end)


def _pieces(directory: Path, manifest: Manifest, controls: Controls) -> Pieces:
    files = manifest.tokenizer
    if files.kind == "tokenizers":
        # 4 MiB and 30 ms that a server of SentencePiece checkpoints does not need.
        from model_pool.tokenization.fast import FastPieces

        return FastPieces(directory / files.source, controls)
    return SentencePieces(directory / files.source, directory / files.target, controls)
