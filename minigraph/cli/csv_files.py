"""CSV files: reading into a table whose columns are checked on access, and writing.

The standard library's `csv` splits lines into cells. Its Sniffer is not used, since it rejects tables with a single
column; nor are readers that infer column types, since a class named "1" is text, and errors must give the line.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from minigraph.errors import DataFormatError, nearest

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})
"""Representations of a missing value, case-insensitive."""

LONGEST_LINE = 100_000_000
"""Characters; a file without line ends is not read further."""


@dataclass(frozen=True)
class Table:
    """The cells of a table, stripped of surrounding spaces.

    Attributes:
        source: name of the table in error messages.
        columns: names of the columns, in order.
        rows: the cells, row by row.
        lines: last line of each row in the file, starting at 1.
    """

    source: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def require(self, column: str) -> int:
        """Return the index of a column.

        Raises:
            DataFormatError: there is no such column; the message gives the nearest one.
        """
        if column not in self.columns:
            raise DataFormatError(f"{self.source}: has no column {column!r}{nearest(column, self.columns)}")
        return self.columns.index(column)

    def texts(self, column: str) -> tuple[str, ...]:
        """Return the cells of a column.

        Raises:
            DataFormatError: there is no such column, or a value is missing.
        """
        place = self.require(column)
        for row, line in zip(self.rows, self.lines, strict=True):
            if is_missing(row[place]):
                raise self._missing(column, line)
        return tuple(row[place] for row in self.rows)

    def numbers(self, columns: Sequence[str]) -> NDArray[np.float64]:
        """Return columns as numbers, shape (rows, columns).

        Raises:
            DataFormatError: there is no such column, a value is missing, or not a number.
        """
        places = [self.require(column) for column in columns]
        values = np.empty((len(self.rows), len(places)))
        for i, (row, line) in enumerate(zip(self.rows, self.lines, strict=True)):
            for j, place in enumerate(places):
                value = as_number(row[place])
                if value is None:
                    raise self._no_number(columns[j], row[place], line)
                values[i, j] = value
        return values

    def without_missing(self, columns: Sequence[str]) -> Table:
        """Return the table without rows with missing values in these columns."""
        places = [self.require(column) for column in columns]
        kept = [i for i, row in enumerate(self.rows) if not any(is_missing(row[place]) for place in places)]
        if not kept:
            raise DataFormatError(f"{self.source}: every row misses a value")
        return Table(self.source, self.columns, tuple(self.rows[i] for i in kept), tuple(self.lines[i] for i in kept))

    def first(self, count: int) -> Table:
        """Return the first `count` rows."""
        return Table(self.source, self.columns, self.rows[:count], self.lines[:count])

    def _missing(self, column: str, line: int) -> DataFormatError:
        return DataFormatError(
            f"{self.source}: line {line}: column {column!r} has no value; fill it in,"
            " or leave out such rows with --drop-missing"
        )

    def _no_number(self, column: str, cell: str, line: int) -> DataFormatError:
        if is_missing(cell):
            return self._missing(column, line)
        return DataFormatError(
            f"{self.source}: line {line}: column {column!r} has {cell!r}, expected a number between -1e100 and 1e100;"
            f" --ignore {column!r} leaves the column out"
        )


def is_missing(cell: str) -> bool:
    """Return whether a cell represents a missing value.

    >>> is_missing("N/A"), is_missing("0")
    (True, False)
    """
    return cell.lower() in MISSING


def as_number(cell: str) -> float | None:
    """Return a cell as a number; None if it is not a number or beyond ±1e100, where squares overflow.

    >>> as_number("1e3"), as_number("1,5"), as_number("inf")
    (1000.0, None, None)
    """
    if "_" in cell:  # which Python accepts as a digit separator
        return None
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if abs(value) <= 1e100 else None


def read_table(path: str | os.PathLike[str], delimiter: str | None = None) -> Table:
    """Read a table with a heading, in UTF-8.

    Args:
        path: of the file.
        delimiter: what separates cells; None takes the one of comma, semicolon and tab that the heading has
            most of.

    Raises:
        DataFormatError: no heading, no rows, a row with too many or too few cells, two columns of one name,
            or something that is not text in UTF-8.
        OSError: the file cannot be read.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "pets.csv")
    ...     size = path.write_text("weight,kind\\n4.2,cat\\n30,dog\\n")
    ...     table = read_table(path)
    >>> table.numbers(["weight"]).ravel().tolist(), table.texts("kind")
    ([4.2, 30.0], ('cat', 'dog'))
    """
    source = os.fspath(path)
    with Path(path).open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = _checked_lines(file, source)
        heading = next(lines, "")
        reader = csv.reader(
            itertools.chain([heading], lines),
            delimiter=delimiter or max(",;\t", key=heading.count),
            skipinitialspace=delimiter != " ",
            strict=True,
        )
        try:
            cells = [(tuple(cell.strip() for cell in row), reader.line_num) for row in reader if row]
        except csv.Error as error:
            raise DataFormatError(f"{source}: line {reader.line_num}: {error}") from None
    if not cells:
        raise DataFormatError(f"{source}: is empty, expected a heading and rows")
    columns = _checked_heading(cells[0][0], source)
    for row, line in cells[1:]:
        if len(row) != len(columns):
            raise DataFormatError(f"{source}: line {line}: {len(row)} cells, expected {len(columns)} as in the heading")
    if len(cells) == 1:
        raise DataFormatError(f"{source}: has a heading but no rows")
    return Table(source, columns, tuple(row for row, _ in cells[1:]), tuple(line for _, line in cells[1:]))


def _checked_lines(file: TextIO, source: str) -> Iterator[str]:
    """Yield the lines; anything but text, such as an endless device, raises before it is read completely."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        place = f"{source}: line {number}"
        if "\0" in line:
            raise DataFormatError(f"{place}: holds zero bytes, expected text; save the table as CSV in UTF-8")
        if not line.isascii() and any("\udc80" <= character <= "\udcff" for character in line):
            raise DataFormatError(f"{place}: is not UTF-8; save the table as CSV in UTF-8")
        if len(line) == LONGEST_LINE:
            raise DataFormatError(f"{place}: is longer than {LONGEST_LINE:,} characters, expected a CSV file")
        yield line


def write_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    r"""Return a table as comma-separated values; numbers are written in full.

    Text that a spreadsheet would take for a formula is written with an apostrophe before it, as OWASP advises:
    text that begins with one of = + - @ (spaces aside), a tab or a line end, and is not a number.

    >>> write_table(["kind", "number"], [["a, b", -1.5], ["=1+1", "-1.5"]])
    'kind,number\n"a, b",-1.5\n\'=1+1,-1.5\n'
    """
    cells = [[_without_formula(cell) for cell in row] for row in (columns, *rows)]
    # Where spreadsheets separate cells by other characters, quotes alone keep one cell from becoming two.
    divides = any(isinstance(cell, str) and not {";", "\t", "\r"}.isdisjoint(cell) for row in cells for cell in row)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC if divides else csv.QUOTE_MINIMAL).writerows(
        cells
    )
    return text.getvalue()


def _without_formula(cell: object) -> object:
    if isinstance(cell, str) and re.match(r"[\t\r\n]|\s*[=+\-@＝＋－＠]", cell) and as_number(cell) is None:
        return f"'{cell}"
    return cell


def _checked_heading(cells: tuple[str, ...], source: str) -> tuple[str, ...]:
    if all(as_number(cell) is not None for cell in cells):
        raise DataFormatError(f"{source}: the first line holds numbers, expected a heading with the columns' names")
    for j, cell in enumerate(cells):
        if not cell:
            raise DataFormatError(f"{source}: column {j + 1} has no name in the heading")
        if cell in cells[:j]:
            raise DataFormatError(f"{source}: the heading has {cell!r} twice, expected distinct names")
    return cells
