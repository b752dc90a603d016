"""npm's `translate` as it is in the registry, run by Node."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import npm
from tests.conformance.libretranslate.conftest import Libre
from tests.embedded import WEATHER_IN_PORTUGUESE

VERSION = "translate@3.1.0"
_SCRIPT = """
import translate from "translate";
const [url, key, text, from, to] = process.argv.slice(2);
Object.assign(translate, { engine: "libre", url, key: key || undefined });
try {
  console.log(JSON.stringify(await translate(text, { from, to })));
} catch (error) {
  console.log(JSON.stringify({ failed: error.message }));
}
"""


@pytest.fixture(scope="session")
def project(request: pytest.FixtureRequest) -> Path:
    """A directory that has the package; installed once and kept in pytest's cache."""
    directory: Path = request.config.cache.mkdir("npm-translate")
    if not (directory / "node_modules" / "translate").exists():
        npm.install(directory, VERSION)
    (directory / "ask.mjs").write_text(_SCRIPT)
    return directory


def ask(project: Path, libre: Libre, *words: str, key: str | None = None) -> object:
    answer: object = npm.node(project, "ask.mjs", f"{libre.url}/translate", libre.key if key is None else key, *words)
    return answer


def test_npm_translate_translates(project: Path, libre: Libre) -> None:
    assert ask(project, libre, "The weather is nice today.", "en", "pt") == WEATHER_IN_PORTUGUESE
    assert ask(project, libre, "A casa é vermelha.", "pt", "en") == "The house is red."


def test_npm_translate_rejects_with_our_sentence(project: Path, guarded_server: Libre) -> None:
    failed = ask(project, guarded_server, "The weather is nice today.", "en", "pt", key="nonsense")
    assert isinstance(failed, dict)
    assert "key" in failed["failed"]
