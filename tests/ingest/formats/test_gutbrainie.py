import json
from io import BytesIO
from pathlib import Path

import pytest

from ingest.document import Document, Record, RecordError, Rejected
from ingest.formats import gutbrainie
from ingest.formats.gutbrainie import GutBrainIEError, read_records, to_document

METADATA = {
    "title": "<i>A. muciniphila</i>",
    "author": "Jane Doe; Émile Roe",
    "journal": "J",
    "year": "2022",
    "abstract": " p < 0.001\u2009 in  mice ",
    "annotator": "expert_7",
}


def read(content: object) -> tuple[Record, ...]:
    return tuple(read_records(BytesIO(json.dumps(content).encode()), "x.json"))


def test_texts_stay_exactly_as_they_are() -> None:
    document = to_document("1", {"metadata": METADATA, "entities": []})
    assert document.text_of("title") == METADATA["title"]
    assert document.text_of("abstract") == METADATA["abstract"]
    assert (document.journal, document.year) == ("J", 2022)
    assert document.authors == ("Jane Doe", "Émile Roe")


@pytest.mark.parametrize(
    ("year", "expected"),
    [("2022", 2022), (2022, 2022), ("", None), (None, None), ("n.d.", None), ("99999", None)],
)
def test_the_year_is_a_number_or_nothing(year: object, expected: int | None) -> None:
    assert to_document("1", {"metadata": METADATA | {"year": year}}).year == expected


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (None, "PMID 2: entry is missing or not an object"),
        ({}, "PMID 2: metadata is missing or not an object"),
        ({"metadata": {"abstract": "a"}}, "PMID 2: title is missing or not a text"),
        ({"metadata": {"title": "a"}}, "PMID 2: abstract is missing or not a text"),
        ({"metadata": METADATA | {"abstract": 3}}, "PMID 2: abstract is missing or not a text"),
        (
            {"metadata": METADATA | {"title": "\ud800"}},
            "PMID 2: title contains an invalid character (half a surrogate pair)",
        ),
    ],
)
def test_a_malformed_document_is_rejected_by_name_and_the_rest_go_on(
    entry: object, message: str
) -> None:
    whole = {"metadata": METADATA}
    first, rejected, last = read({"1": whole, "2": entry, "3": whole})
    assert isinstance(rejected, Rejected)
    assert (rejected.pmid, rejected.reason) == ("2", message)
    assert json.loads(rejected.raw) == entry
    assert [type(first), type(last)] == [Document, Document]


def test_a_key_that_is_no_pmid_is_an_error() -> None:
    with pytest.raises(RecordError, match="'x' is no PMID"):
        to_document("x", {"metadata": METADATA})


@pytest.mark.parametrize("content", [[], {}, 3])
def test_other_json_is_named(content: object) -> None:
    with pytest.raises(GutBrainIEError, match=r"x\.json: not GutBrainIE"):
        read(content)


def test_cut_json_is_named() -> None:
    with pytest.raises(GutBrainIEError, match=r"x\.json: not JSON, or cut short"):
        list(read_records(BytesIO(b'{"1": {"meta'), "x.json"))


@pytest.mark.corpus
def test_every_offset_of_the_corpus_fits_its_text(data_folder: Path) -> None:
    path = data_folder / "gutbrainie" / "platinum.json"
    entities = {pmid: entry["entities"] for pmid, entry in json.loads(path.read_bytes()).items()}
    with path.open("rb") as stream:
        documents = [d for d in read_records(stream, path.name) if isinstance(d, Document)]
    assert len(documents) == len(entities) == 100
    for document in documents:
        for entity in entities[document.pmid]:
            text = document.text_of(entity["location"])
            assert text[entity["start_idx"] : entity["end_idx"] + 1] == entity["text_span"]


def test_a_file_that_is_nested_too_deeply_is_named() -> None:
    with pytest.raises(GutBrainIEError, match=r"^x\.json: not JSON, or cut short: .*recursion"):
        list(read_records(BytesIO(b"[" * 200_000), "x.json"))


@pytest.mark.parametrize(
    ("key", "shown"), [("9" * 400, "9" * 20), ("../../x", "../../x"), ("1\x1b]0;x", r"1\x1b]0;x")]
)
def test_what_is_no_pmid_is_rejected_without_one_and_the_rest_go_on(key: str, shown: str) -> None:
    rejected, after = read({key: {"metadata": METADATA}, "3": {"metadata": METADATA}})
    assert isinstance(rejected, Rejected)
    assert (rejected.pmid, rejected.reason) == (None, f"'{shown}' is no PMID")
    assert json.loads(rejected.raw) == {key: {"metadata": METADATA}}
    assert after.pmid == "3"


def test_nothing_that_can_be_read_is_nested_too_deeply_to_reject() -> None:
    seen: set[str] = set()
    for depth in range(900, 1000):
        nested = b"[" * depth + b"]" * depth
        content = b'{"1": {"metadata": {"year": %b, "title": %b}}}' % (nested, nested)
        try:
            (record,) = read_records(BytesIO(content), "x.json")
        except GutBrainIEError as error:
            seen.add(str(error)[:33])
        else:
            assert isinstance(record, Rejected)
            seen.add(record.reason)
    assert seen == {"PMID 1: title is missing or not a text", "x.json: not JSON, or cut short: m"}


def test_a_file_that_is_too_large_is_named_and_not_read_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = json.dumps({"1": {"metadata": METADATA}}).encode()
    monkeypatch.setattr(gutbrainie, "LARGEST_FILE_BYTES", len(content))
    assert len(list(read_records(BytesIO(content), "x.json"))) == 1
    stream = BytesIO(content + b" " * 100)
    with pytest.raises(GutBrainIEError, match=r"^x\.json: larger than 0 MiB, unpacked$"):
        list(read_records(stream, "x.json"))
    assert stream.tell() == len(content) + 1
