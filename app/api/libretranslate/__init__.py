"""LibreTranslate's dialect: its paths, encodings, field names and errors over the same translator."""
