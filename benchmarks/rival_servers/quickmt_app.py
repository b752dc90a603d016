"""Run by quickmt's own interpreter: serves a local checkpoint on loopback instead of looking for models on the hub.

MODEL_DIRECTORY PORT SOURCE TARGET
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import uvicorn


def main(model: str, port: int, source: str, target: str) -> None:
    manager: Any = importlib.import_module("quickmt.manager")
    server: Any = importlib.import_module("quickmt.rest_server")

    async def known_models(self: Any) -> None:  # noqa: ANN401 - quickmt's ModelManager
        self.hf_collection_models = [{"model_id": model, "src_lang": source, "tgt_lang": target}]

    manager.ModelManager.fetch_hf_models = known_models
    manager.snapshot_download = lambda **_: model
    server.ensure_model_exists = lambda _: None  # its language identification, unused where the source is given
    uvicorn.run(server.app, host="127.0.0.1", port=port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
