"""Glossaries: which words are translated how. Values and matching are pure; the store alone touches disk."""
