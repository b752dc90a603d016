from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import ConfigurationError, Settings, find_config, load_settings

ROOT_CONFIG = Path(__file__).parents[2] / "config.toml"
TIER = '[tiers.basic]\ncheckpoints = ["embedded/en-pt"]\n'


def load(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "babelpool.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, text)
    return str(caught.value)


def keys_of(section: object) -> object:
    return {key: keys_of(value) for key, value in section.items()} if isinstance(section, dict) else None


def test_shipped_config_names_every_setting() -> None:
    # config.toml is the documentation: a setting that it does not show does not exist for its readers.
    import tomllib

    shipped = tomllib.loads(ROOT_CONFIG.read_text(encoding="utf-8"))
    settings = load_settings(ROOT_CONFIG)
    dumped = settings.model_dump()
    assert dumped["auth"].pop("keys") == ()  # only in a comment: a table that is there could not be empty
    assert keys_of(dumped) == keys_of(shipped)
    assert Settings(**shipped) == settings


def test_default_tiers_are_as_promised() -> None:
    tiers = load_settings(ROOT_CONFIG).tiers
    assert [(name, tier.max_length) for name, tier in tiers.items()] == [
        ("basic", 128),
        ("medium", 256),
        ("premium", 512),
    ]
    assert len({tier.checkpoints for tier in tiers.values()}) == 1
    assert tiers["basic"].beam_size < tiers["medium"].beam_size < tiers["premium"].beam_size


def test_short_file_keeps_the_defaults_of_what_it_leaves_out(tmp_path: Path) -> None:
    settings = load(tmp_path, f"[server]\nport = 9000\n{TIER}")
    assert settings.server.port == 9000
    assert settings.server.host == "127.0.0.1"
    assert list(settings.tiers) == ["basic"]
    assert settings.tiers["basic"].max_length == 256


def test_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BABELPOOL_SERVER__PORT", "9100")
    monkeypatch.setenv("BABELPOOL_TIERS__BASIC__BEAM_SIZE", "3")
    monkeypatch.setenv("BABELPOOL_TIERS__BASIC__CHECKPOINTS", '["embedded/pt-en"]')
    settings = load(tmp_path, f"[server]\nport = 9000\n{TIER}")
    assert settings.server.port == 9100
    assert settings.tiers["basic"].beam_size == 3
    assert settings.tiers["basic"].checkpoints == ("embedded/pt-en",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[server]\nprot = 1\n" + TIER, "server.prot (line 2): there is no such setting. Did you mean port?"),
        ('defualt_tier = "x"\n' + TIER, "defualt_tier (line 1): there is no such setting. Did you mean default_tier?"),
        (TIER + "beam_siz = 2\n", "tiers.basic.beam_siz (line 3): there is no such setting. Did you mean beam_size?"),
        (TIER + "beam_size = 0\n", "tiers.basic.beam_size (line 3): Input should be greater than or equal to 1"),
        ('[server]\nport = "high"\n' + TIER, "server.port (line 2): Input should be a valid integer"),
        ('default_tier = "gold"\n' + TIER, "default_tier is 'gold', but the tiers are: basic"),
        ('[engine]\ndevice = "gpu"\n' + TIER, 'engine.device (line 2): write "cpu", "cuda" or "cuda:<number>"'),
        ("[tiers.basic]\ncheckpoints = []\n", "tiers.basic.checkpoints (line 2): "),
        ("[tiers.basic\n", "is not valid TOML"),
        ("[sever]\nport = 1\n" + TIER, "sever (line 1): there is no such setting. Did you mean server?"),
    ],
)
def test_mistake_is_named_with_its_key_and_line(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refusal(tmp_path, text)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, '[server]\nprot = 1\nhost = 5\n[pool]\nload_timeout = "x"\n' + TIER)
    assert all(key in message for key in ("server.prot", "server.host", "pool.load_timeout"))


@pytest.mark.parametrize("variable", ["BABELPOOL_SEVER__PORT", "BABELPOOL_DEFAULT_TEIR"])
def test_variable_that_sets_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "1")
    assert variable in refusal(tmp_path, TIER)


def test_config_that_was_named_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        find_config(tmp_path / "nowhere.toml")
    monkeypatch.setenv("BABELPOOL_CONFIG", str(tmp_path / "elsewhere.toml"))
    with pytest.raises(ConfigurationError, match="elsewhere"):
        find_config()


def test_working_directory_comes_before_the_packaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_config().resolve() != (tmp_path / "config.toml").resolve()
    (tmp_path / "config.toml").write_text(TIER, encoding="utf-8")
    assert find_config() == Path("config.toml")


def test_data_dir_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load(tmp_path, f'data_dir = "~/models"\n{TIER}').data_path == tmp_path / "models"


@pytest.mark.parametrize("fallback", ["basic", "gold"])
def test_fallback_must_be_another_tier(tmp_path: Path, fallback: str) -> None:
    message = refusal(tmp_path, TIER + f'fallback = "{fallback}"\n[tiers.other]\ncheckpoints = ["embedded/pt-en"]\n')
    assert f"tiers.basic.fallback is '{fallback}', but the other tiers are: other" in message
