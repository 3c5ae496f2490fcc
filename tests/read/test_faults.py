"""Bad input: a clear sentence for each, good records kept, and nothing but our own errors."""

import contextlib
import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.errors import FormatError, InputError, InputNotFoundError, KgError, RecordError
from kg.read import FORMATS, read_papers

GOOD = '{"title": "Quiet Nets", "abstract": "We train quiet nets."}\n'
PROSE = (
    "We look at one more thing here. It is as long as an abstract has to be, so that it is one. "
)


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        ("dear diary, nothing happened", "known are atom, bibtex, csv"),
        ("%PDF-1.7\n%...", "is a PDF file"),
        ("Subscribe\nDaily Papers\n", "holds no papers"),
        ("<html><body><p>Hello.</p></body></html>", "holds no papers"),
        ("[]", "holds no papers"),
        ('"just a text"', "in no format that is known"),
        ('{\n"a": {"b": 1}}', "neither a list of records"),
        ('[{"title": "a",', "broken JSON"),
        ("{\n  no", "broken JSON"),
        (b"\x1f\x8b\x08\x00garbage", "damaged gzip"),
        (gzip.compress(GOOD.encode() * 99)[:-30], "damaged gzip"),
        (b"\x00\x01\x02\x03" * 99, "in no format that is known"),
        ('<feed xmlns="http://www.w3.org/2005/Atom"><entry>', "broken XML"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><feed><entry>&a;</entry></feed>', "document type"),
        ("<rss><channel/></rss>", "in no format that is known"),
    ],
)
def test_file_that_cannot_be_read_says_why(tmp_path: Path, text: str | bytes, says: str) -> None:
    with pytest.raises(FormatError, match=says) as caught:
        read_papers([write(tmp_path, "input.txt", text)])

    assert str(caught.value).startswith("input.txt")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["gone.txt", "gone/*.txt", "a\0b", "x" * 5000])
def test_what_is_not_there_is_named(name: str) -> None:
    with pytest.raises(InputNotFoundError):
        read_papers([name])


def test_folder_without_inputs_says_what_was_looked_for(tmp_path: Path) -> None:
    write(tmp_path, ".hidden.jsonl", GOOD)
    write(tmp_path, "notes.docx", GOOD)

    with pytest.raises(InputNotFoundError, match=r"\.jsonl"):
        read_papers([tmp_path])


def test_unknown_format_lists_the_known() -> None:
    with pytest.raises(FormatError, match="atom, bibtex"):
        read_papers(["x.txt"], format="docx")


def test_file_of_another_format_than_named_says_so(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="was read as bibtex"):
        read_papers([write(tmp_path, "a.jsonl", GOOD)], format="bibtex")


def test_unreadable_file_is_an_input_error(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", GOOD)
    path.chmod(0)
    try:
        path.read_bytes()
    except PermissionError:
        with pytest.raises(InputError, match="cannot be read"):
            read_papers([path])
    else:
        pytest.skip("this user may read everything")


BROKEN_LINES = (
    GOOD * 6 + '{"title": "Half\n' + '{"title": "No abstract"}\n' + "17\n" + '{"abstract": "x"}'
)


def test_bad_lines_are_named_and_good_ones_kept(tmp_path: Path) -> None:
    reading = read_papers([write(tmp_path, "a.jsonl", BROKEN_LINES)])

    assert reading.entries == 6
    assert [fault.line for fault in reading.skipped] == [7, 8, 9, 10]
    assert "is broken JSON (invalid control character" in reading.skipped[0].reason
    assert reading.skipped[1].reason == "has no abstract: “No abstract”"
    assert reading.skipped[2].reason == "is no record but a number"
    assert reading.skipped[3].reason == "has no title: “x”"


def test_input_without_a_single_usable_record_says_so(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="2 skipped, the first since it has no abstract"):
        read_papers([write(tmp_path, "a.jsonl", '{"title": "A"}\n{"title": "B"}\n')])


def test_strict_stops_at_the_first_bad_record(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"a\.jsonl, line 7: is broken JSON"):
        read_papers([write(tmp_path, "a.jsonl", BROKEN_LINES)], strict=True)


def test_json_that_breaks_keeps_what_came_before(tmp_path: Path) -> None:
    text = '[{"title": "Quiet Nets",\n "abstract": "We train."},\n {"title": }]'
    reading = read_papers([write(tmp_path, "a.json", text)])

    assert len(reading.papers) == 1
    assert reading.skipped[0].line == 3
    assert "what follows record 1 is lost" in reading.skipped[0].reason


def test_broken_bibtex_and_ris_cost_only_themselves(tmp_path: Path) -> None:
    bib = (
        "@article{a, title = {Broken, abstract = {x\n@article{b, title = {T}, abstract = nobody}\n"
        "@article{c, title = {Good}, abstract = {Yes.}}\n"
    )
    ris = "TY  - JOUR\nTI  - No abstract\nER  - \nTY  - JOUR\nTI  - Good\nAB  - Yes.\n"
    for name, text, lines in (("a.bib", bib, [1, 2]), ("a.ris", ris, [1])):
        reading = read_papers([write(tmp_path, name, text)])

        assert [paper.title for paper in reading.papers] == ["Good"]
        assert lines == [fault.line for fault in reading.skipped]


def test_long_titles_and_abstracts_are_skipped_with_their_length(tmp_path: Path) -> None:
    records = [
        {"title": "T" * 10_000, "abstract": "We."},
        {"title": "Book", "abstract": "word " * 40_000},
    ]
    text = GOOD + "".join(json.dumps(record) + "\n" for record in records)
    reading = read_papers([write(tmp_path, "a.jsonl", text)])

    assert len(reading.papers) == 1
    assert "has a title of 10,000 characters" in reading.skipped[0].reason
    assert "has an abstract of 199,999 characters" in reading.skipped[1].reason
    assert all(len(fault.reason) < 200 for fault in reading.skipped)


def test_long_title_on_a_page_is_named_and_the_rest_kept(tmp_path: Path) -> None:
    page = (
        f"Daily Papers\nQuiet Nets\n{PROSE * 2}\n{'long ' * 2000}\n{PROSE * 2}\nLoud\n{PROSE * 3}\n"
    )
    reading = read_papers([write(tmp_path, "a.txt", page)])

    assert {"Quiet Nets", "Loud"} == {paper.title for paper in reading.papers}
    assert "has a title of 9,999 characters" in reading.skipped[0].reason


def test_page_with_a_missing_half_names_it(tmp_path: Path) -> None:
    page = f"Daily Papers\nQuiet Nets\nLoud\n{PROSE * 3}\n{PROSE * 4}\nLast"
    reading = read_papers([write(tmp_path, "a.txt", page)])

    assert [paper.title for paper in reading.papers] == ["Loud"]
    assert [fault.line for fault in reading.skipped] == [2, 5, 6]


@pytest.mark.slow
def test_line_of_fifty_megabytes_does_no_harm(tmp_path: Path) -> None:
    huge = "x" * 50_000_000
    cases = {
        "a.jsonl": GOOD + json.dumps({"title": "Huge", "abstract": huge}) + "\n",
        "a.json": json.dumps([{"title": "Huge", "abstract": huge}, json.loads(GOOD)]),
        "a.csv": f"title,abstract\nHuge,{huge}\nQuiet Nets,We train.\n",
    }
    for name, text in cases.items():
        reading = read_papers([write(tmp_path, name, text)])

        assert [paper.title for paper in reading.papers] == ["Quiet Nets"]
        assert "50,000,000 characters" in reading.skipped[0].reason
    with pytest.raises(FormatError):
        read_papers([write(tmp_path, "a.txt", huge)])


def test_bytes_that_are_no_utf8_are_read_as_windows_and_noted(tmp_path: Path) -> None:
    text = GOOD.encode() + '{"title": "Na\xefve", "abstract": "“Café” über."}\n'.encode("cp1252")
    text += '{"title": "Señor", "abstract": "Ünïcode."}\n'.encode()
    reading = read_papers([write(tmp_path, "a.jsonl", text)])

    assert {"Quiet Nets", "Naïve", "Señor"} == {paper.title for paper in reading.papers}
    assert reading.notes == ("a.jsonl: some bytes are no UTF-8 and were read as Windows-1252",)


def test_nul_and_lone_surrogates_become_replacement_characters(tmp_path: Path) -> None:
    text = r'{"title": "Qu\u0000iet\ud800", "abstract": "We\u0008 train."}'
    (paper,) = read_papers([write(tmp_path, "a.jsonl", text)]).papers

    assert paper.text == "Qu\ufffdiet\ufffd\nWe\ufffd train."
    paper.text.encode()


def test_unknown_file_in_a_folder_is_skipped_but_stops_a_strict_run(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", GOOD)
    write(tmp_path, "README.txt", "dear diary")

    reading = read_papers([tmp_path])
    assert len(reading.papers) == 1
    assert [fault.source for fault in reading.skipped] == ["README.txt"]
    with pytest.raises(FormatError):
        read_papers([tmp_path], strict=True)
    with pytest.raises(FormatError):
        read_papers([tmp_path / "README.txt", tmp_path])


NAMES = (
    *("title", "abstract", "authors", "doi", "id", "ids", "year", "month", "versions", "paper"),
    *("content", "url", "venue", "externalIds", "locations", "results", "primary_location"),
    *("abstract_inverted_index", "value", "issued", "family"),
)
STARTS = (b"", b"{", b"[", b"[{", b"<feed>", b"<html>", b"@a{b,", b"TY  - ", b"title,abstract\n")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start=st.sampled_from(STARTS),
    rest=st.binary(max_size=300),
    format_=st.sampled_from([None, *FORMATS]),
)
def test_arbitrary_bytes_raise_nothing_but_our_own_errors(
    tmp_path: Path, start: bytes, rest: bytes, format_: str | None
) -> None:
    path = write(tmp_path, "input", start + rest)
    with contextlib.suppress(KgError):
        for paper in read_papers([path], format=format_).papers:
            paper.text.encode()


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(NAMES),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_under_known_names_raises_nothing_but_our_own_errors(
    tmp_path: Path, value: object
) -> None:
    record = {"title": "T", "abstract": "We.", "authors": value, "ids": value, "date": value}
    text = json.dumps([value, record, {**record, "paper": value, "content": value, "url": value}])
    (tmp_path / "a.json").write_text(text)
    (tmp_path / "a.jsonl").write_text(text + "\n" + json.dumps(value))
    for name in ("a.json", "a.jsonl"):
        with contextlib.suppress(KgError):
            read_papers([tmp_path / name], format=name[2:])
