"""Tables of comma-separated values, and what is wrong with them."""

from pathlib import Path

import pytest

from minigraph.cli.csv_files import Table, read_table, write_table
from minigraph.errors import DataFormatError


def table_of(folder: Path, content: str | bytes, delimiter: str | None = None) -> Table:
    path = folder / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, delimiter)


class TestReading:
    @pytest.mark.parametrize(
        "content",
        [
            "a,b\n1,x\n2,y\n",
            "a;b\r\n1;x\r\n2;y",
            "a\tb\n1\tx\n\n2\ty\n",
            ' a , b \n 1, "x"\n2 ,y\n',
            "\ufeffa,b\n1,x\n2,y\n",
        ],
    )
    def test_what_programs_write(self, tmp_path: Path, content: str) -> None:
        table = table_of(tmp_path, content)
        assert table.columns == ("a", "b")
        assert table.numbers(["a"]).tolist() == [[1], [2]]
        assert table.texts("b") == ("x", "y")

    def test_a_delimiter_of_ones_own(self, tmp_path: Path) -> None:
        assert table_of(tmp_path, "a|b,c\n1|2\n", "|").columns == ("a", "b,c")

    def test_quoted_cells_may_hold_anything(self, tmp_path: Path) -> None:
        table = table_of(tmp_path, 'a,b\n"1,5","two\nlines"\n2,""""\n')
        assert table.rows == (("1,5", "two\nlines"), ("2", '"'))
        assert table.lines == (3, 4)

    def test_columns_in_the_order_that_is_asked_for(self, tmp_path: Path) -> None:
        assert table_of(tmp_path, "a,b\n1,2\n").numbers(["b", "a"]).tolist() == [[2, 1]]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("", "is empty"),
            ("\n\n", "is empty"),
            ("a,b\n", "has a heading but no rows"),
            ("1,2\n3,4\n", "the first line holds numbers, expected a heading"),
            ("a,a\n1,2\n", "the heading has 'a' twice"),
            ("a,\n1,2\n", "column 2 has no name"),
            ("a,b\n1,2\n3\n", "line 3: 1 cells, expected 2"),
            ("a,b\n1,2,3\n", "line 2: 3 cells, expected 2"),
            ('a,b\n1,"2\n', "line 2: unexpected end"),
            (b"a,b\n1,\xe9\n", "line 2: is not UTF-8"),
            (b"PK\x03\x04\x00\x00", "line 1: holds zero bytes"),
            ("a,b\n1,2\n".encode("utf-16"), "line 1: holds zero bytes"),
        ],
    )
    def test_what_is_no_table(self, tmp_path: Path, content: str | bytes, message: str) -> None:
        with pytest.raises(DataFormatError, match=message):
            table_of(tmp_path, content)


class TestValues:
    @pytest.mark.parametrize("cell", ["", "NA", "n/a", "NaN", "null", "None", "?"])
    def test_missing_ones_are_errors_that_name_line_and_column(self, tmp_path: Path, cell: str) -> None:
        table = table_of(tmp_path, f"a,b\n1,x\n{cell},{cell}\n")
        for read in (lambda: table.numbers(["a"]), lambda: table.texts("b")):
            with pytest.raises(DataFormatError, match=r"line 3: column '[ab]' has no value; .* --drop-missing"):
                read()
        complete = table.without_missing(["a", "b"])
        assert (complete.rows, complete.lines) == ((("1", "x"),), (2,))

    def test_rows_may_all_miss_something(self, tmp_path: Path) -> None:
        with pytest.raises(DataFormatError, match="every row misses a value"):
            table_of(tmp_path, "a,b\n?,1\n1,?\n").without_missing(["a", "b"])

    @pytest.mark.parametrize("cell", ["red", "1.2.3", "inf", "1_000", "0x10", "1 000", "-1.1e100", "1e400"])
    def test_what_is_no_number(self, tmp_path: Path, cell: str) -> None:
        with pytest.raises(DataFormatError, match=f"line 2: column 'a' has '{cell}', .* --ignore 'a'"):
            table_of(tmp_path, f"a,b\n{cell},1\n").numbers(["a"])

    def test_no_such_column(self, tmp_path: Path) -> None:
        with pytest.raises(DataFormatError, match="no column 'colour'; did you mean 'color'"):
            table_of(tmp_path, "color,size\n1,2\n").require("colour")


def test_writing_and_reading_gives_the_same_numbers(tmp_path: Path) -> None:
    rows = [[0.1, "a, b"], [1e-300, 'say "so"']]
    table = table_of(tmp_path, write_table(["number", "text"], rows))
    assert table.numbers(["number"]).ravel().tolist() == [0.1, 1e-300]
    assert table.texts("text") == ("a, b", 'say "so"')


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs an endless device")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom"])
def test_an_endless_device_is_refused(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minigraph.cli.csv_files.LONGEST_LINE", 10_000)
    with pytest.raises(DataFormatError, match=r"holds zero bytes|is not UTF-8"):
        read_table(device)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minigraph.cli.csv_files.LONGEST_LINE", 20)
    assert table_of(tmp_path, "a,b\n" + "1," + "2" * 16 + "\n").texts("b") == ("2" * 16,)
    with pytest.raises(DataFormatError, match="line 2: is longer than 20 characters"):
        table_of(tmp_path, "a,b\n" + "1," * 30)


def test_cells_separated_by_single_spaces(tmp_path: Path) -> None:
    assert table_of(tmp_path, "a b c\n1  x\n", " ").rows == (("1", "", "x"),)


def test_the_first_rows(tmp_path: Path) -> None:
    table = table_of(tmp_path, "a,b\n1,x\n\n2,y\n3,z\n").first(2)
    assert (table.rows, table.lines) == ((("1", "x"), ("2", "y")), (2, 4))
