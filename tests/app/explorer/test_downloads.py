"""Files for spreadsheets hold no formula, and all that a list has."""

from app.explorer.downloads import as_csv, as_json, as_tsv


def test_a_cell_that_a_spreadsheet_would_run_is_defused() -> None:
    cells = ("=1+1", "+1", "-1", "@a", "1-methyl", -0.5)

    written = as_csv(["a"] * 6, [cells]).decode("utf-8-sig").splitlines()[1]

    assert written == "'=1+1,'+1,'-1,'@a,1-methyl,-0.5"


def test_a_cell_of_a_table_with_tabs_is_defused_too() -> None:
    cells = ("=1+1", "\t=1", "\r=1", "a\tb", 2)
    written = as_tsv(["a"] * 5, [cells]).decode("utf-8-sig").split("\r\n")[1]
    assert written == '\'=1+1\t"\'\t=1"\t"\'\r=1"\t"a\tb"\t2'


def test_csv_begins_with_the_mark_that_excel_needs() -> None:
    assert as_csv(["ä"], []) == b"\xef\xbb\xbf\xc3\xa4\r\n"


def test_json_is_a_list_of_objects() -> None:
    assert as_json(["a", "b"], [("ä", 1)]) == '[\n {\n  "a": "ä",\n  "b": 1\n }\n]'.encode()
