"""Writes a translation with its marks: atoms, literals and markup in turn, spaced as in the source. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.text.characters import is_unspaced
from app.text.inline import Mark, Segment
from app.text.layout import Atom
from app.text.masking import Masked, Place
from app.text.placing import Placing


@dataclass(slots=True)
class _Piece:
    """One thing to write. atom: its number in the row, -1 for what stands between two atoms.

    mark: whose literal or markup it is; None for words.
    """

    text: str
    atom: int = -1
    opens: bool = False
    closes: bool = False
    point: Place | None = None
    mark: Mark | None = None


def render(masked: Masked, translation: str, row: Sequence[Atom], owners: dict[int, int], placing: Placing) -> Segment:
    """Return the translation with its marks. Each of them is there exactly once."""
    writer = _Writer(masked, translation, row, owners)
    for piece in _Pieces(masked, translation, row, owners, placing).inside(-1, 0, len(row)):
        writer.write(piece)
    return writer.finished()


@dataclass(slots=True)
class _Pieces:
    masked: Masked
    translation: str
    row: Sequence[Atom]
    owners: dict[int, int]
    placing: Placing

    def inside(self, parent: int, start: int, end: int) -> Iterator[_Piece]:
        children = [child for child in self.placing.children[parent] if child in self.placing.ranges]
        at = start
        for child in sorted(children, key=lambda one: (*self.placing.ranges[one], one)):
            first, last = self.placing.ranges[child]
            yield from self._atoms(at, first)
            yield from self._mark(child, first, last)
            at = last
        yield from self._atoms(at, end)

    def _mark(self, child: int, first: int, last: int) -> Iterator[_Piece]:
        one = self.masked.places[child]
        mark = one.mark
        if not one.is_pair:
            yield _Piece(mark.before + (mark.literal or "") + mark.after, point=one, mark=mark)
            return
        yield _Piece(mark.before, opens=True, mark=mark)
        yield from self.inside(child, first, last)
        yield _Piece(mark.after, closes=True, mark=mark)

    def _atoms(self, start: int, end: int) -> Iterator[_Piece]:
        for number in range(start, end):
            atom = self.row[number]
            if number in self.owners:
                mark = self.masked.places[self.owners[number]].mark
                yield _Piece(mark.before + (mark.literal or "") + mark.after, number, mark=mark)
            else:
                yield _Piece(self.translation[atom.start : atom.end], number)


class _Writer:
    """Puts white space where the translation has it, and around marks where the source has it."""

    def __init__(self, masked: Masked, translation: str, row: Sequence[Atom], owners: dict[int, int]) -> None:
        self._masked = masked
        self._translation = translation
        self._row = row
        self._owners = owners
        self._out: list[str] = []
        self._words: list[str] = []
        self._length = 0
        self._marks: list[Mark] = []
        self._open: list[int] = []
        self._next = 0
        self._space = self._gap(0)
        self._due = self._space
        self._wanted = False  # a point has stood here, and neither side of it got the space yet

    def write(self, piece: _Piece) -> None:
        if piece.atom >= 0:
            self._write_atom(piece)
        elif piece.point is not None:
            self._write_point(piece)
        else:
            if piece.opens:
                self._spend()
            self._put(piece)

    def finished(self) -> Segment:
        return Segment("".join(self._words), tuple(self._marks))

    def _put(self, piece: _Piece) -> None:
        """Write one piece: into the words, or as a mark on them. Marks come in the order in which they begin."""
        self._out.append(piece.text)
        mark = piece.mark
        if mark is None:
            self._add(piece.text)
        elif piece.closes:
            at = self._open.pop()
            self._marks[at] = replace(self._marks[at], end=self._length)
        else:
            start = self._length
            self._add(mark.literal or "")
            if piece.opens:
                self._open.append(len(self._marks))
            self._marks.append(replace(mark, start=start, end=self._length))

    def _add(self, words: str) -> None:
        self._words.append(words)
        self._length += len(words)

    def _write_atom(self, piece: _Piece) -> None:
        self._spend()
        self._put(piece)
        self._next = piece.atom + 1
        self._space = self._due = self._gap(self._next)

    def _write_point(self, piece: _Piece) -> None:
        one = piece.point
        if one is None:
            return
        inner = self._next > 0
        outer = self._next < len(self._row)
        before, after = one.spaced
        if before and inner:
            self._due = self._due or ("" if self._ends_in_space() else " ")
            self._spend()
            self._due = ""
        self._put(piece)
        if outer:
            keeps = after or (not before and not any(one.glued))
            self._due = (self._space or (" " if after and self._is_word(self._next) else "")) if keeps else ""
        elif after:
            self._due = ""

    def _spend(self) -> None:
        if self._due and not self._ends_in_space():
            self._out.append(self._due)
            self._add(self._due)
        self._due = ""

    def _ends_in_space(self) -> bool:
        last = next((text for text in reversed(self._out) if text), "")
        return last[-1:].isspace()

    def _gap(self, number: int) -> str:
        """The white space in front of an atom, mended beside literals."""
        row = self._row
        start = row[number - 1].end if number else 0
        end = row[number].start if number < len(row) else len(self._translation)
        between = self._translation[start:end]
        space = "".join(filter(str.isspace, between)) if between.isspace() or not between else " "
        if not 0 < number < len(row):
            return ""
        left, right = self._literal(number - 1), self._literal(number)
        if right is not None:
            space = self._beside(space, number - 1, right, 0)
        return self._beside(space, number, left, 1) if left is not None else space

    def _beside(self, space: str, neighbour: int, one: Place, side: int) -> str:
        if one.glued[side] and self._is_neighbour(neighbour, one, side):
            return ""
        return " " if not space and one.spaced[side] and self._is_word(neighbour) else space

    def _is_neighbour(self, number: int, one: Place, side: int) -> bool:
        """Does this atom translate the word that the mark is glued to?"""
        source = self._row[number].source
        if source is None:
            return False
        first, last = (source[1], one.start - 1) if side == 0 else (one.end + 1, source[0])
        return first <= last and not any(map(str.isspace, self._masked.text[first:last]))

    def _is_word(self, number: int) -> bool:
        atom = self._row[number]
        first = self._translation[atom.start : atom.start + 1]
        return number in self._owners or (first.isalnum() and not is_unspaced(first))

    def _literal(self, number: int) -> Place | None:
        return self._masked.places[self._owners[number]] if number in self._owners else None
