"""Text as spans: what to translate and what to keep. Pure: no I/O, no clock, no log; imports sentencex and itself."""
