"""Run by the transformers rival's own interpreter: makes a random Marian checkpoint, or serves one; touches files.

Libraries are imported by name, because the versions here are not those of the repository's own environment.

make DIRECTORY SENTENCEPIECE | serve DIRECTORY PORT BEAM_SIZE AT_ONCE
"""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import threading
from pathlib import Path
from typing import Any


def make(directory: Path, sentencepiece_model: Path) -> None:
    """Write a checkpoint of the embedded student's size with random weights."""
    transformers = importlib.import_module("transformers")
    pieces = importlib.import_module("sentencepiece").SentencePieceProcessor(model_file=str(sentencepiece_model))
    size = len(pieces)
    directory.mkdir(parents=True)
    for name in ("source.spm", "target.spm"):
        shutil.copy(sentencepiece_model, directory / name)
    vocabulary = {pieces.id_to_piece(number): number for number in range(size)} | {"<pad>": size}
    (directory / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    files = [str(directory / name) for name in ("source.spm", "target.spm", "vocab.json")]
    tokenizer = transformers.MarianTokenizer(*files, eos_token=pieces.id_to_piece(0), unk_token=pieces.id_to_piece(1))
    tokenizer.save_pretrained(directory)
    config = transformers.MarianConfig(
        vocab_size=size + 1,
        d_model=256,
        encoder_layers=6,
        decoder_layers=2,
        encoder_attention_heads=8,
        decoder_attention_heads=8,
        encoder_ffn_dim=1536,
        decoder_ffn_dim=1536,
        max_position_embeddings=512,
        pad_token_id=size,
        eos_token_id=0,
        decoder_start_token_id=size,
        scale_embedding=True,
    )
    transformers.MarianMTModel(config).save_pretrained(directory)


def serve(directory: Path, port: int, beam_size: int, at_once: int) -> None:
    """Serve `POST /translate {"text"}` on loopback."""
    import uvicorn
    from fastapi import Body, FastAPI

    pipeline = importlib.import_module("transformers").pipeline
    translator = pipeline("translation_en_to_pt", model=str(directory), device="cpu")
    permits = threading.Semaphore(at_once)
    app = FastAPI()

    @app.post("/translate")
    def translate(text: str = Body(embed=True)) -> dict[str, Any]:
        tokens = len(translator.tokenizer(text).input_ids)
        with permits:
            answer = translator(text, num_beams=beam_size, min_new_tokens=tokens, max_new_tokens=tokens)
        return {"translation": answer[0]["translation_text"]}

    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="warning")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", directory, spm]:
            make(Path(directory), Path(spm))
        case ["serve", directory, port, beam_size, at_once]:
            serve(Path(directory), int(port), int(beam_size), int(at_once))
        case _:
            raise SystemExit(__doc__)
