"""Small random checkpoints of every family, saved the way the hub has them; touches disk, torch and transformers.

The weights are random but scaled up, so that greedy outputs differ from input to input and most of them end.
"""

from __future__ import annotations

import itertools
import json
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
import transformers
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer
from transformers import PretrainedConfig, PreTrainedModel

from model_pool.catalog.manifest import Family, Manifest

_NOUNS = "house river garden street weather morning teacher window letter casa rio jardim rua tempo carta".split(" ")  # noqa: SIM905
_VERBS = "finds opens crosses remembers paints follows encontra abre atravessa lembra pinta segue".split(" ")  # noqa: SIM905
_ENDS = "today. slowly! again? in 1999, hoje; «devagar» outra_vez... (de novo) café, naïve & <co-op>".split(" ")  # noqa: SIM905
_LAYERS: dict[str, Any] = {
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
}
_WIDTHS: dict[str, Any] = {"d_model": 32, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 64}
_FAIRSEQ: dict[str, Any] = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2}
_T5: dict[str, Any] = {
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 64,
    "num_layers": 2,
    "num_heads": 4,
    "relative_attention_num_buckets": 8,
}


def corpus() -> list[str]:
    """Return a few hundred lines with the look of two languages."""
    lines = itertools.product(_NOUNS, _VERBS, _ENDS)
    return [f"The {noun} {verb} o {noun[::-1]} {end}" for noun, verb, end in lines][::3]


def train(path: Path, *, vocab_size: int = 220, **options: Any) -> Path:  # noqa: ANN401
    """Train a tiny SentencePiece model into `path`."""
    with path.open("wb") as stream:
        SentencePieceTrainer.train(
            sentence_iterator=iter(corpus()),
            model_writer=stream,
            vocab_size=vocab_size,
            hard_vocab_limit=False,
            minloglevel=2,
            num_threads=1,
            **options,
        )
    return path


def pieces_of(path: Path) -> list[str]:
    """Return the pieces of a SentencePiece model in id order."""
    processor = SentencePieceProcessor(model_file=str(path))
    return [processor.id_to_piece(index) for index in range(processor.get_piece_size())]


def marian(directory: Path, language_tokens: tuple[str, ...] = ()) -> Path:
    """OPUS-MT: two SentencePiece models, a joint vocabulary of another order, `<pad>` last and first of the target."""
    directory.mkdir(parents=True)
    both = [train(directory / "source.spm"), train(directory / "target.spm", vocab_size=200, model_type="bpe")]
    pieces = sorted({piece for path in both for piece in pieces_of(path)} - {"<unk>", "<s>", "</s>"})
    tokens = ["</s>", "<unk>", *language_tokens, *pieces, "<pad>"]
    _write_json(directory / "vocab.json", {token: index for index, token in enumerate(tokens)})
    target = "ROMANCE" if language_tokens else "pt"
    tokenizer = {"tokenizer_class": "MarianTokenizer", "source_lang": "en", "target_lang": target}
    _write_json(directory / "tokenizer_config.json", tokenizer)
    pad = len(tokens) - 1
    ids = {"pad_token_id": pad, "decoder_start_token_id": pad, "eos_token_id": 0, "forced_eos_token_id": 0}
    config = transformers.AutoConfig.for_model(
        "marian",
        vocab_size=len(tokens),
        **_LAYERS,
        **_WIDTHS,
        **ids,
        bad_words_ids=[[pad]],
        static_position_embeddings=True,
        scale_embedding=True,
        activation_function="swish",
    )
    return save(config, directory, attention=0.15)


def nllb(directory: Path, languages: tuple[str, ...] = ("eng_Latn", "por_Latn", "fra_Latn")) -> Path:
    """NLLB: one BPE model, language codes behind it, `<mask>` last, two embeddings more than tokens."""
    pieces = _shared(directory, "sentencepiece.bpe.model", model_type="bpe")
    added = [*languages, "<mask>"]
    first = 4 + len(pieces)
    decoder = {str(first + index): {"content": token, "special": True} for index, token in enumerate(added)}
    tokenizer = {"tokenizer_class": "NllbTokenizer", "src_lang": languages[0], "added_tokens_decoder": decoder}
    _write_json(directory / "tokenizer_config.json", tokenizer | {"additional_special_tokens": list(languages)})
    size = first + len(added) + 2
    config = transformers.AutoConfig.for_model(
        "m2m_100", vocab_size=size, **_LAYERS, **_WIDTHS, **_FAIRSEQ, scale_embedding=True
    )
    return save(config, directory)


def m2m100(directory: Path) -> Path:
    """M2M-100: one unigram model, a fairseq dictionary, language tokens that only the tokenizer class knows."""
    pieces = _shared(directory, "sentencepiece.bpe.model")
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *sorted(pieces)]
    _write_json(directory / "vocab.json", {token: index for index, token in enumerate(tokens)})
    _write_json(directory / "tokenizer_config.json", {"tokenizer_class": "M2M100Tokenizer", "num_madeup_words": 8})
    config = transformers.AutoConfig.for_model(
        "m2m_100", vocab_size=len(tokens) + 100 + 8, **_LAYERS, **_WIDTHS, **_FAIRSEQ, scale_embedding=True
    )
    return save(config, directory)


def mbart50(directory: Path) -> Path:
    """mBART-50 many-to-many: one unigram model, 52 language codes, `<mask>` last."""
    pieces = _shared(directory, "sentencepiece.bpe.model")
    _write_json(directory / "tokenizer_config.json", {"tokenizer_class": "MBart50Tokenizer", "src_lang": "en_XX"})
    config = transformers.AutoConfig.for_model(
        "mbart",
        vocab_size=4 + len(pieces) + 52 + 1,
        **_LAYERS,
        **_WIDTHS,
        **_FAIRSEQ,
        scale_embedding=True,
        tokenizer_class="MBart50Tokenizer",
    )
    return save(config, directory)


def t5(directory: Path, kind: str = "t5") -> Path:
    """T5 or mT5: task prefixes in plain text, 100 sentinels, tied embeddings, more of them than tokens."""
    directory.mkdir(parents=True)
    path = train(directory / "spiece.model", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    _write_json(directory / "tokenizer_config.json", {"tokenizer_class": "T5Tokenizer", "extra_ids": 100})
    tasks = {"translation_en_to_de": {"prefix": "translate English to German: "}}
    config = transformers.AutoConfig.for_model(
        kind,
        vocab_size=len(pieces_of(path)) + 100 + 28,
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,
        task_specific_params=tasks,
        **_T5,
    )
    return save(config, directory, attention=0.15)


def madlad(directory: Path, codes: tuple[str, ...] = ("pt", "en", "de", "zh_Latn")) -> Path:
    """MADLAD-400: T5 with target language tokens, unknown first, gated activation, untied embeddings."""
    directory.mkdir(parents=True)
    symbols = ["\n", *(f"<2{code}>" for code in codes), "<2translate>", "<2Latn>"]
    path = train(directory / "spiece.model", unk_id=0, bos_id=1, eos_id=2, user_defined_symbols=symbols)
    tokenizer = {"tokenizer_class": "T5Tokenizer", "extra_ids": 0, "pad_token": "<s>", "additional_special_tokens": []}
    _write_json(directory / "tokenizer_config.json", tokenizer)
    config = transformers.AutoConfig.for_model(
        "t5",
        vocab_size=len(pieces_of(path)),
        pad_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=0,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        **_T5,
    )
    return save(config, directory, attention=0.15)


def _shared(directory: Path, name: str, **options: Any) -> list[str]:  # noqa: ANN401
    """Train one model for both sides and return its pieces without the special ones."""
    directory.mkdir(parents=True)
    return pieces_of(train(directory / name, **options))[3:]


def save(config: PretrainedConfig, directory: Path, *, attention: float = 0.3) -> Path:
    """Draw weights that give varied, ending outputs, and write safetensors."""
    model = transformers.AutoModelForSeq2SeqLM.from_config(config)  # type: ignore[no-untyped-call]
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and "embed_positions" not in name:
                parameter.normal_(0.0, _spread(name, attention), generator=generator)
        if model.config.model_type == "marian":  # decoding starts from the padding, which Marian takes for nothing
            model.get_input_embeddings().weight[model.config.pad_token_id] = 0.0
        _make_it_end(model, generator)
    model.save_pretrained(directory)
    return directory


def _spread(name: str, attention: float) -> float:
    if "shared" in name or "embed_tokens" in name or "lm_head" in name:
        return 0.4
    return attention if "attn" in name or "Attention" in name else 0.5


def _make_it_end(model: PreTrainedModel, generator: torch.Generator) -> None:
    """Swap the end token's embedding with that of a token that tends to come up late, though not first."""
    weights = cast("torch.nn.Embedding", model.get_input_embeddings()).weight
    end = model.config.eos_token_id
    inputs = torch.randint(5, weights.shape[0] - 1, (32, 9), generator=generator)
    model.eval()  # type: ignore[no-untyped-call]
    outputs = cast("Any", model).generate(input_ids=inputs, num_beams=1, do_sample=False, max_new_tokens=16).tolist()
    firsts = Counter(token for row in outputs for token in set(row[4:]) - set(row[:4]) - {end})
    late = firsts.most_common(1)[0][0]
    weights[[end, late]] = weights[[late, end]]


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def without_sentencepiece(build: Callable[[Path], Path]) -> Callable[[Path], Path]:
    """Turn a repository into what transformers 5 saves: `tokenizer.json` alone."""

    def rebuilt(directory: Path) -> Path:
        tokenizer = transformers.AutoTokenizer.from_pretrained(build(directory))
        tokenizer.save_pretrained(directory)
        for path in [*directory.glob("*.model"), *directory.glob("*.spm")]:
            path.unlink()
        return directory

    return rebuilt


@dataclass(frozen=True, slots=True)
class Case:
    """One family to prove: how to build it, what to say to `convert`, and the pairs to try."""

    name: str
    build: Callable[[Path], Path]
    pairs: tuple[tuple[str, str], ...]
    fast: bool = False


CASES = (
    Case("marian", marian, (("en", "pt"),)),
    Case("marian-multi", partial(marian, language_tokens=(">>por<<", ">>fra<<")), (("en", "pt"), ("en", "fr"))),
    Case("nllb", nllb, (("en", "pt"), ("fr", "en"))),
    Case("nllb-fast", without_sentencepiece(nllb), (("en", "pt"), ("fr", "en")), fast=True),
    Case("m2m100", m2m100, (("en", "pt"), ("zh", "de"))),
    Case("mbart50", mbart50, (("en", "pt"), ("zh", "de"))),
    Case("mbart50-fast", without_sentencepiece(mbart50), (("en", "pt"), ("zh", "de")), fast=True),
    Case("t5", t5, (("en", "de"),)),
    Case("t5-fast", without_sentencepiece(t5), (("en", "de"),), fast=True),
    Case("mt5", partial(t5, kind="mt5"), (("en", "de"),)),
    Case("madlad", madlad, (("en", "pt"), ("pt", "zh-Latn"))),
    Case("madlad-fast", without_sentencepiece(madlad), (("en", "pt"), ("pt", "de")), fast=True),
)


class Original:
    """What transformers makes of a repository: the reference for ids and greedy output."""

    def __init__(self, repository: Path, manifest: Manifest) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.tokenizer = transformers.AutoTokenizer.from_pretrained(repository)
        self._model = transformers.AutoModelForSeq2SeqLM.from_pretrained(repository).eval()
        self._manifest = manifest

    def ids(self, text: str, source: str, target: str) -> list[int]:
        """Return the ids of one source."""
        source_token, target_token = self._manifest.sources[source], self._manifest.targets[target]
        match self._manifest.family:
            case Family.MARIAN:
                text = f"{target_token} {text}" if target_token else text
            case Family.M2M100:
                self.tokenizer.src_lang = source_token.strip("_")
            case Family.NLLB | Family.MBART50:
                self.tokenizer.src_lang = source_token
            case Family.T5 if target_token.startswith("<2"):
                text = f"{target_token} {text}"
            case Family.T5:
                text = f"translate {source_token} to {target_token}: {text}"
        ids: list[int] = self.tokenizer(text)["input_ids"]
        return ids

    def greedy(self, ids: list[int], target: str, steps: int) -> list[int]:
        """Return the ids that greedy search finds, without start, forced language and end; at most `steps`."""
        options: dict[str, Any] = {}
        if self._manifest.family in {Family.NLLB, Family.M2M100, Family.MBART50}:
            token = self._manifest.targets[target]
            options["forced_bos_token_id"] = self.tokenizer.convert_tokens_to_ids(token)
        if self._manifest.family is Family.MARIAN:
            options["bad_words_ids"] = [[self.tokenizer.pad_token_id]]
        with torch.no_grad():
            output = self._model.generate(
                input_ids=torch.tensor([ids]), num_beams=1, do_sample=False, max_new_tokens=steps + 2, **options
            )
        new: list[int] = output[0, 2 if "forced_bos_token_id" in options else 1 :].tolist()
        end = self._model.config.eos_token_id
        return (new[: new.index(end)] if end in new else new)[:steps]

    def score(self, ids: list[int], target: list[int]) -> float:
        """Return the log probability of target ids after the decoder's start, end token included."""
        start = self._model.config.decoder_start_token_id
        labels = torch.tensor([[*target, self._model.config.eos_token_id]])
        with torch.no_grad():
            logits = self._model(
                input_ids=torch.tensor([ids]), decoder_input_ids=torch.tensor([[start, *target]])
            ).logits
        return float(torch.log_softmax(logits, -1).gather(-1, labels[..., None]).sum())
