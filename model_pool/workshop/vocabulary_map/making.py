"""Makes the map and the checkpoint that has it; touches disk."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from itertools import islice
from pathlib import Path

import numpy as np

from model_pool.catalog.files import record_file, write_manifest
from model_pool.catalog.manifest import Manifest, read_manifest
from model_pool.catalog.vocabulary import VOCABULARY_MAP_NAME, read_engine_config, read_vocabularies
from model_pool.workshop.artifact import Artifact
from model_pool.workshop.data.pairs import Pair, corpus_files, read_corpus
from model_pool.workshop.errors import ArtifactInvalid, DataInvalid, RecipeInvalid
from model_pool.workshop.lineage import manifest_lineage
from model_pool.workshop.models.running import Running
from model_pool.workshop.models.servable import Servable
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Job
from model_pool.workshop.vocabulary_map.counting import CountedPair, best_targets
from model_pool.workshop.vocabulary_map.mapping import VocabularyMap, merged, with_phrases
from model_pool.workshop.vocabulary_map.measuring import measure_map
from model_pool.workshop.vocabulary_map.shortlist import Shortlist, read_shortlist
from model_pool.workshop.vocabulary_map.step import VocabularyMapOptions

_AT_ONCE = 2_000


def make_map(job: Job[VocabularyMapOptions]) -> Figures:
    """Write the checkpoint with its map. Raises RecipeInvalid, ArtifactInvalid, DataInvalid."""
    if "shortlist" not in job.inputs and "corpus" not in job.inputs:
        raise RecipeInvalid("vocabulary-map needs a shortlist or a corpus to count (or both) to make a map of.")
    maker = _Maker(job)
    made = maker.phrased(maker.counted())
    manifest = _copied(job)
    made.write(job.output)
    _describe(job, manifest)
    figures = _sizes(made, job.output)
    return figures | (measure_map(job, made, job.inputs["test"]) if "test" in job.inputs else {})


class _Maker:
    """Makes the map in the model's own pieces."""

    def __init__(self, job: Job[VocabularyMapOptions]) -> None:
        self._job = job
        self._directory = job.inputs["model"].path
        self._model = Servable(self._directory, Running())
        sources, targets = read_vocabularies(self._directory)
        self._targets = targets
        self._source_ids, self._target_ids = (
            {piece: place for place, piece in enumerate(each)} for each in (sources, targets)
        )
        self._sources = sources

    def counted(self) -> VocabularyMap:
        """Return the map of the shortlist and of the counted corpus, put together."""
        shortlist = Shortlist((), {})
        if "shortlist" in self._job.inputs:
            shortlist = self._checked(read_shortlist(self._job.inputs["shortlist"].path))
        config = read_engine_config(self._directory)
        ends = [token for token in (config.eos_token, config.unk_token) if token in self._target_ids]
        if "corpus" not in self._job.inputs:
            return merged([*ends, *shortlist.always], shortlist.entries)
        always, counted = self._count([*ends, *shortlist.always])
        return merged(always, shortlist.entries, counted)

    def phrased(self, made: VocabularyMap) -> VocabularyMap:
        """Return the map with what the phrases need."""
        if "phrases" not in self._job.inputs:
            return made
        pairs = list(_pairs(self._job.inputs["phrases"], "train", self._job.options.columns))
        sources, targets = self._tokens(pairs)
        return with_phrases(made, zip(sources, targets, strict=True))

    def _checked(self, shortlist: Shortlist) -> Shortlist:
        """Refuse a shortlist of another vocabulary: its ids would mean other pieces."""
        strange = [piece for piece in shortlist.always if piece not in self._target_ids]
        if len(strange) > len(shortlist.always) // 10:
            raise ArtifactInvalid(
                f"The model has no {' '.join(strange[:5])}: the shortlist is of another vocabulary. Count a corpus."
            )
        return shortlist

    def _count(self, fixed: Sequence[str]) -> tuple[list[str], Mapping[str, Sequence[str]]]:
        options = self._job.options
        pairs = list(islice(_pairs(self._job.inputs["corpus"], options.split, options.columns), options.pairs))
        if not pairs:
            raise DataInvalid("The corpus has no pairs to count.")
        self._job.progress.phase("read pieces", len(pairs), "pairs")
        sources, targets = self._tokens(pairs)
        frequent = Counter(piece for target in targets for piece in target if piece in self._target_ids)
        ranked = sorted(frequent, key=lambda piece: (-frequent[piece], piece))
        always = list(dict.fromkeys([*fixed, *ranked[: options.always]]))
        known = {self._target_ids[piece] for piece in always if piece in self._target_ids}
        counted = [
            CountedPair(_ids(source, self._source_ids, set()), _ids(target, self._target_ids, known))
            for source, target in zip(sources, targets, strict=True)
        ]
        self._job.progress.phase("align", len(pairs) * (options.iterations + 1), "pairs")
        found = best_targets(
            counted,
            len(self._targets),
            best=options.best,
            iterations=options.iterations,
            report=self._job.progress.advance,
        )
        return always, {self._sources[one]: [self._targets[each] for each in best] for one, best in found.items()}

    def _tokens(self, pairs: Sequence[Pair]) -> tuple[list[tuple[str, ...]], list[list[str]]]:
        """Return the pieces of both sides, without ends."""
        sources: list[tuple[str, ...]] = []
        targets: list[list[str]] = []
        for start in range(0, len(pairs), _AT_ONCE):
            part = pairs[start : start + _AT_ONCE]
            sources += self._model.source_pieces([pair.source for pair in part])
            targets += self._model.target_tokens([pair.target for pair in part])
            self._job.progress.advance(len(part))
        return sources, targets


def _pairs(corpus: Artifact, split: str, columns: Sequence[str]) -> Iterator[Pair]:
    """Yield the pairs of a split that have a translation; of files given by hand, of all."""
    found = read_corpus(corpus, split if corpus_files(corpus, split) else "train", columns)
    return (pair for pair in found if pair.target)


def _ids(pieces: Sequence[str], ids: Mapping[str, int], without: set[int]) -> np.ndarray:
    found = {ids[piece] for piece in pieces if piece in ids} - without
    return np.array(sorted(found), np.int64)


def _copied(job: Job[VocabularyMapOptions]) -> Manifest:
    """Copy the checkpoint but for a map that it has."""
    source = job.inputs["model"].path
    manifest = read_manifest(source)
    for name in manifest.files:
        if name != VOCABULARY_MAP_NAME:
            shutil.copyfile(source / name, job.output / name)
    return manifest


def _describe(job: Job[VocabularyMapOptions], manifest: Manifest) -> None:
    versions = {**manifest.lineage.versions, **{name: metadata.version(name) for name in ("ctranslate2", "numpy")}}
    files = manifest.files | {VOCABULARY_MAP_NAME: record_file(job.output / VOCABULARY_MAP_NAME)}
    changed = {
        "vocabulary_map": True,
        "files": dict(sorted(files.items())),
        "lineage": manifest_lineage("vocabulary-map", job, versions),
    }
    write_manifest(job.output, manifest.model_copy(update=changed))


def _sizes(made: VocabularyMap, output: Path) -> dict[str, object]:
    single = [targets for source, targets in made.entries.items() if len(source) == 1]
    return {
        "always": len(made.always),
        "source_pieces": len(single),
        "targets_of_a_piece": round(sum(map(len, single)) / max(1, len(single)), 1),
        "phrases": len(made.entries) - len(single),
        "longest_phrase": made.longest,
        "map_bytes": (output / VOCABULARY_MAP_NAME).stat().st_size,
    }
