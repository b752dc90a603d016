"""Settings over config.toml and the environment; the sole reader of both."""

from app.settings.models import Settings, TierSettings
from app.settings.reading import ConfigSource, ConfigurationError, find_config, load_settings

__all__ = ["ConfigSource", "ConfigurationError", "Settings", "TierSettings", "find_config", "load_settings"]
