import gzip
import zipfile
from pathlib import Path

import pytest

from ontology.vocabularies.reading import (
    SHOWN,
    Tally,
    VocabularyError,
    existing,
    lines,
    open_bytes,
    rows,
    split_list,
    table,
)


def written(folder: Path, content: str | bytes, name: str = "file.tsv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_lines_are_numbered_from_one_without_mark_and_ends(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffgut\r\nbrain\n")
    assert list(lines(path, Tally())) == [(1, "gut"), (2, "brain")]


def test_a_packed_file_and_a_member_of_an_archive_read_like_a_plain_one(tmp_path: Path) -> None:
    packed = written(tmp_path, gzip.compress(b"gut\n"), "file.txt")
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("member.txt", "gut\n")
    for path in (packed, tmp_path / "archive.zip" / "member.txt"):
        assert list(lines(path, Tally())) == [(1, "gut")]


def test_a_line_that_is_not_utf8_is_rejected_by_line_and_byte(tmp_path: Path) -> None:
    path, tally = written(tmp_path, b"gut\ncaf\xe9\nbrain\n"), Tally()
    assert [text for _, text in lines(path, tally)] == ["gut", "brain"]
    assert tally.complaints == [f"{path}, line 2: not UTF-8 (byte 4)"]


def test_rows_of_another_width_are_rejected_and_empty_lines_are_not(tmp_path: Path) -> None:
    path, tally = written(tmp_path, "a\tb\n\na\nc\td\n"), Tally()
    assert list(rows(path, tally, 2)) == [(1, ["a", "b"]), (4, ["c", "d"])]
    assert tally.complaints == [f"{path}, line 3: expected 2 columns, found 1"]


def test_a_table_is_read_by_its_header_after_notes(tmp_path: Path) -> None:
    path, tally = written(tmp_path, '#note\n\n"b"\ta\n#1\t 2 \nshort\n'), Tally()
    assert list(table(path, tally, ("a",))) == [(4, {"b": "#1", "a": "2"})]
    assert tally.complaints == [f"{path}, line 5: expected 2 columns, found 1"]
    with pytest.raises(VocabularyError, match="no column 'c'; there are b, a"):
        list(table(path, tally, ("a", "c")))


def test_all_bad_rows_are_counted_and_the_first_are_named() -> None:
    tally = Tally()
    for number in range(SHOWN + 5):
        tally.reject(Path("x"), number, "bad")
    assert (tally.bad, len(tally.complaints)) == (SHOWN + 5, SHOWN)


def test_an_identifier_of_no_known_vocabulary_is_counted_by_prefix() -> None:
    tally = Tally()
    assert tally.curie("MSH:D1") == "MESH:D1"
    assert tally.curie("ICD9:250") is None
    assert tally.skipped == {"identifier of an unknown vocabulary (ICD9)": 1}


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match=r"none: no such file"):
        open_bytes(tmp_path / "none")
    broken = written(tmp_path, "no zip", "broken.zip")
    with pytest.raises(VocabularyError, match=r"broken\.zip: cannot read names\.dmp"):
        open_bytes(broken / "names.dmp")


def test_a_packed_file_is_taken_where_it_is_there(tmp_path: Path) -> None:
    assert existing(tmp_path, "x") == tmp_path / "x"
    packed = written(tmp_path, b"", "x.gz")
    assert existing(tmp_path, "x") == packed


def test_items_of_a_list_are_trimmed_and_empty_ones_left_out() -> None:
    assert split_list(" a | |b") == ("a", "b")
    assert split_list("") == ()
