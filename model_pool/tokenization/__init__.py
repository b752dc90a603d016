"""Text to tokens and back for every family; reads tokenizer files only."""

from model_pool.tokenization.loading import load_tokenizer

__all__ = ["load_tokenizer"]
