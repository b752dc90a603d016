"""Is this a translation of that? One small check per kind of fault. Pure."""
