"""Each format gives the same two papers, and what its records say of them."""

import gzip
import json
from pathlib import Path

import pytest

from kg.model import Paper
from kg.read import FORMATS, read_papers

TITLE_A = "Quiet Nets: Training without Noise"
TITLE_B = "A Second Look at Loud Losses"
ABSTRACT_A = (
    "We introduce Quiet Nets, a way to train small classifiers without injected noise. On two "
    "tasks of our own they reach 81.5% accuracy. Code: https://github.com/quiet/nets."
)
ABSTRACT_B = (
    "Loud losses were thought to be harmful for deep models. We look again, with eleven seeds for "
    "each run, and find that they are not; the gap closes after one epoch of careful warm-up."
)
PAGE = f"""new

Get trending papers in your email inbox!

Subscribe

Daily Papers

Mar 11

byAK and the research community

{TITLE_A}

{ABSTRACT_A}

{TITLE_B}

{ABSTRACT_B}"""
DENSE_PAGE = f"""Get trending papers in your email inbox once a day!
Subscribe
Get trending papers in your email inbox!Subscribe{TITLE_A}
{ABSTRACT_A}
{TITLE_B}
{ABSTRACT_B}
"""
RECORDS = [
    {"title": TITLE_A, "abstract": ABSTRACT_A},
    {"title": TITLE_B, "abstract": ABSTRACT_B},
]
HTML_CARDS = "<!DOCTYPE html><html><body><main>" + "".join(
    f'<article><div><h3><a href="/papers/2401.0000{n}">{r["title"]}</a></h3>'
    f'<a href="/papers/2401.0000{n}"><p>{r["abstract"]}</p></a></div></article>'
    for n, r in enumerate(RECORDS, 1)
)
WRAPPED = [{**r, "abstract": r["abstract"].replace(". ", ".\n")} for r in RECORDS]
CSV = "Year,Abstract,Title\n" + "".join(f'2024,"{r["abstract"]}",{r["title"]}\n' for r in WRAPPED)
BIBTEX = "% from a manager\n@string{v = {Venue}}\n" + "".join(
    f"@inproceedings{{k{n},\n  title = {{{{{r['title']}}}}},\n  booktitle = v,\n"
    f"  abstract = {{{r['abstract']}}},\n  author = {{M{{\\" + '"u}ller, Ada and Li, Bo},\n'
    "  month = jun, year = 2024}\n\n"
    for n, r in enumerate(WRAPPED)
).replace("81.5%", "81.5\\%")
RIS = "".join(
    f"TY  - JOUR\r\nT1  - {r['title']}\r\nAB  - {r['abstract']}\r\nAU  - Li, Bo\r\n"
    f"PY  - 2024/06/02/\r\nDO  - 10.1234/x{n}\r\nER  - \r\n\r\n"
    for n, r in enumerate(RECORDS)
)
ATOM = (
    '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>q</title>'
    + "".join(
        f"<entry><id>http://arxiv.org/abs/2401.0000{n}v3</id><title>{r['title']}\n </title>"
        f"<summary>  {r['abstract']}\n</summary><published>2024-01-0{n}T00:00:00Z</published>"
        f"<author><name>Bo Li</name></author></entry>"
        for n, r in enumerate(WRAPPED, 1)
    )
    + "</feed>"
)
CONTENTS = {
    "dense.page": DENSE_PAGE,
    "blank.page": PAGE,
    "cards.html": HTML_CARDS,
    "list.json": json.dumps(RECORDS),
    "wrapped.json": json.dumps({"meta": {"count": 2}, "results": RECORDS}, indent=1),
    "lines.jsonl": "".join(json.dumps(r) + "\n" for r in RECORDS),
    "table.csv": CSV,
    "table.tsv": "abstract\ttitle\n" + "".join(f"{r['abstract']}\t{r['title']}\n" for r in RECORDS),
    "semicolons.csv": "title;abstract\n"
    + "".join(f'{r["title"]};"{r["abstract"]}"\n' for r in RECORDS),
    "refs.bibtex": BIBTEX,
    "refs.ris": RIS,
    "feed.atom": ATOM,
}


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("name", CONTENTS)
def test_format_is_recognised_and_gives_both_papers(tmp_path: Path, name: str) -> None:
    reading = read_papers([write(tmp_path, "input", CONTENTS[name])])

    assert {(TITLE_A, ABSTRACT_A), (TITLE_B, ABSTRACT_B)} == {
        (p.title, p.abstract) for p in reading.papers
    }
    assert reading.entries == 2
    assert reading.skipped == ()


@pytest.mark.parametrize("name", CONTENTS)
def test_gzipped_input_reads_like_the_plain_one(tmp_path: Path, name: str) -> None:
    plain = read_papers([write(tmp_path, "input", CONTENTS[name])])
    packed = read_papers([write(tmp_path, "input", gzip.compress(CONTENTS[name].encode()))])

    assert plain.papers == packed.papers


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_tell_the_encoding(tmp_path: Path, name: str, encoding: str) -> None:
    text = CONTENTS[name].replace("Quiet", "Québec").replace('<?xml version="1.0"?>', "")
    reading = read_papers([write(tmp_path, "input", text.encode(encoding))])

    assert any("Québec Nets" in paper.title for paper in reading.papers)


@pytest.mark.parametrize("name", CONTENTS)
def test_naming_the_format_gives_the_same(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, "input", CONTENTS[name])
    format_ = name.rpartition(".")[2]

    assert format_ in FORMATS
    assert read_papers([path]) == read_papers([path], format=format_)


def test_every_format_has_an_example() -> None:
    assert set(FORMATS) == {name.rpartition(".")[2] for name in CONTENTS}


def test_bibtex_keeps_accents_venue_month_and_authors(tmp_path: Path) -> None:
    paper = read_papers([write(tmp_path, "a.bib", BIBTEX)]).papers[0]

    assert paper.authors == ("Ada Müller", "Bo Li")
    assert paper.date == "2024-06"
    assert paper.venue == "Venue"


def test_ris_gives_doi_date_and_author(tmp_path: Path) -> None:
    paper = read_papers([write(tmp_path, "a.ris", RIS)]).papers[0]

    assert paper.doi in ("10.1234/x0", "10.1234/x1")
    assert paper.date == "2024-06-02"
    assert paper.authors == ("Bo Li",)


def test_atom_gives_arxiv_id_without_version(tmp_path: Path) -> None:
    papers = read_papers([write(tmp_path, "a.xml", ATOM)]).papers

    assert [paper.id for paper in papers] == ["arxiv-2401.00001", "arxiv-2401.00002"]
    assert [paper.date for paper in papers] == ["2024-01-01", "2024-01-02"]


def one(tmp_path: Path, record: dict[str, object]) -> Paper:
    (paper,) = read_papers([write(tmp_path, "one.jsonl", json.dumps(record))]).papers
    return paper


def test_arxiv_dump_is_understood(tmp_path: Path) -> None:
    paper = one(
        tmp_path,
        {
            "id": "hep-th/9901001",
            "title": "Quiet\n  Nets",
            "abstract": "  We train\nquiet nets here.\n",
            "authors": "Bo Li and Ada Roe",
            "authors_parsed": [["Li", "Bo", ""], ["Roe", "Ada", "Jr."]],
            "doi": "10.1000/ABC",
            "journal-ref": "J. Quiet 1",
            "update_date": "2009-09-09",
            "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
        },
    )

    assert paper.id == "arxiv-hep-th-9901001"
    assert paper.text == "Quiet Nets\nWe train quiet nets here."
    assert paper.authors == ("Bo Li", "Ada Roe Jr.")
    assert (paper.doi, paper.date, paper.venue) == ("10.1000/abc", "2007-04-02", "J. Quiet 1")


def test_semantic_scholar_is_understood(tmp_path: Path) -> None:
    paper = one(
        tmp_path,
        {
            "paperId": "204e",
            "externalIds": {"ArXiv": "2401.00001", "DOI": "10.1000/X", "CorpusId": 7},
            "url": "https://www.semanticscholar.org/paper/204e",
            "title": TITLE_A,
            "abstract": ABSTRACT_A,
            "venue": "Quiet Conf",
            "year": 2024,
            "publicationDate": "2024-01-02",
            "openAccessPdf": {"url": "https://x.org/a.pdf", "status": "GREEN"},
            "tldr": {"text": "Quiet."},
            "authors": [{"authorId": "1", "name": "Bo Li"}],
        },
    )

    assert (paper.arxiv_id, paper.date, paper.venue) == ("2401.00001", "2024-01-02", "Quiet Conf")
    assert paper.authors == ("Bo Li",)
    assert paper.urls == ("https://github.com/quiet/nets",)


def test_openalex_is_understood(tmp_path: Path) -> None:
    paper = one(
        tmp_path,
        {
            "results": [
                {
                    "id": "https://openalex.org/W1",
                    "display_name": TITLE_A,
                    "abstract_inverted_index": {"again": [3], "We": [0], "look": [1, 2]},
                    "publication_date": "2024-01-02",
                    "publication_year": 2024,
                    "ids": {"openalex": "W1", "doi": "https://doi.org/10.1000/Q"},
                    "primary_location": {"source": {"display_name": "Quiet J."}},
                    "locations": [{"landing_page_url": "http://arxiv.org/abs/2401.00001"}],
                    "authorships": [{"author": {"id": "A1", "display_name": "Bo Li"}}],
                }
            ]
        },
    )

    assert f"{TITLE_A}\nWe look look again" == paper.text
    assert (paper.arxiv_id, paper.doi, paper.venue) == ("2401.00001", "10.1000/q", "Quiet J.")
    assert paper.authors == ("Bo Li",)


def test_hugging_face_daily_papers_json_is_understood(tmp_path: Path) -> None:
    record = {
        "paper": {
            "id": "2401.00001",
            "title": TITLE_A,
            "summary": ABSTRACT_B,
            "authors": [{"_id": "1", "name": "Bo Li", "hidden": False}],
            "publishedAt": "2024-01-02T00:00:00.000Z",
            "githubRepo": "https://github.com/quiet/nets",
            "projectPage": "https://quiet.example.org/",
        },
        "title": "shown title",
        "publishedAt": "2025-01-01",
    }
    paper = one(tmp_path, record)

    assert (paper.title, paper.arxiv_id, paper.date) == (TITLE_A, "2401.00001", "2024-01-02")
    assert paper.urls == ("https://github.com/quiet/nets", "https://quiet.example.org/")


def test_openreview_and_crossref_forms_are_understood(tmp_path: Path) -> None:
    note = {"id": "x", "content": {"title": {"value": TITLE_A}, "abstract": {"value": ABSTRACT_A}}}
    work = {
        "title": [TITLE_B],
        "abstract": ABSTRACT_B,
        "DOI": "10.1000/b",
        "author": [{"given": "Bo", "family": "Li"}],
        "issued": {"date-parts": [[2024, 1, 2]]},
    }

    assert one(tmp_path, note).title == TITLE_A
    assert (
        one(tmp_path, work).doi,
        one(tmp_path, work).date,
        one(tmp_path, work).authors,
    ) == ("10.1000/b", "2024-01-02", ("Bo Li",))


def test_bare_arxiv_numbers_keep_their_noughts(tmp_path: Path) -> None:
    text = '[{"arxiv_id": 2106.10000, "title": "Quiet", "abstract": "We look."}]'

    assert read_papers([write(tmp_path, "a.json", text)]).papers[0].arxiv_id == "2106.10000"


def test_saved_page_prefers_the_data_behind_its_cards(tmp_path: Path) -> None:
    props = json.dumps(
        {
            "dailyPapers": [
                {"paper": {"id": "2401.00001", "title": TITLE_A, "summary": ABSTRACT_A}},
                {"paper": {"id": "2401.00009", "title": "Not shown", "summary": ABSTRACT_B}},
            ]
        }
    ).replace('"', "&quot;")
    html = (
        f'<html><body><div data-target="DailyPapers" data-props="{props}">'
        f'<article><h3><a href="/papers/2401.00001">Quiet Nets</a></h3></article></div>'
    )
    reading = read_papers([write(tmp_path, "a.html", html)])

    assert [(p.title, p.abstract) for p in reading.papers] == [(TITLE_A, ABSTRACT_A)]


@pytest.mark.parametrize(
    "html",
    [
        f"<!doctype html><html><head><link rel='canonical' "
        f"href='https://huggingface.co/papers/2401.00001'></head><h1>{TITLE_A}</h1>"
        f"<section><h2>Abstract</h2><p>A short machine summary.</p>"
        f"<p>{ABSTRACT_A}</p></section></body></html>",
        f"<html><head><meta name='citation_title' content='{TITLE_A}'>"
        f"<meta name='citation_abstract' content='{ABSTRACT_A}'>"
        f"<meta name='citation_arxiv_id' content='2401.00001'></head></html>",
    ],
)
def test_page_of_one_paper_gives_that_paper(tmp_path: Path, html: str) -> None:
    (paper,) = read_papers([write(tmp_path, "a.html", html)]).papers

    assert (paper.id, paper.title, paper.abstract) == ("arxiv-2401.00001", TITLE_A, ABSTRACT_A)


@pytest.mark.parametrize(
    "glue",
    [
        "Subscribe",
        "Get trending papers in your email inbox!Subscribe",
        "Daily PapersbyAK and the research community",
        "by AK and the research communityMar 11",
        "Mar 11",
    ],
)
def test_furniture_glued_to_the_first_title_is_cut(tmp_path: Path, glue: str) -> None:
    page = f"Get trending papers in your email inbox!\n{glue}{TITLE_A}\n{ABSTRACT_A}\n"

    assert read_papers([write(tmp_path, "a.txt", page)]).papers[0].title == TITLE_A


def test_glued_title_may_begin_with_a_small_letter(tmp_path: Path) -> None:
    page = f"Get trending papers in your email inbox!\nSubscribexLSTM Again\n{ABSTRACT_A}\n"

    assert read_papers([write(tmp_path, "a.txt", page)]).papers[0].title == "xLSTM Again"


def test_titles_that_begin_like_furniture_stay_whole(tmp_path: Path) -> None:
    titles = ["Newton Steps in March", "Subscribe or Not: a Study", "May 3D Points Help?"]
    page = "Daily Papers\n" + "".join(
        f"{title}\n{ABSTRACT_A} Variant {n}.\n" for n, title in enumerate(titles)
    )

    assert set(titles) == {p.title for p in read_papers([write(tmp_path, "a.txt", page)]).papers}


def test_saved_page_with_names_votes_and_author_counts_reads_cleanly(tmp_path: Path) -> None:
    page = (
        f"Daily Papers\nby AK and the research community\nDaily\nWeekly\nMonthly\nMar 11, 2024\n"
        f"Submitted by\nsomeone\n57\n{TITLE_A}\n{ABSTRACT_A}\n· 8 authors\n3\nPrevious\nNext\n"
    )
    reading = read_papers([write(tmp_path, "a.txt", page)])

    assert [(p.title, p.abstract) for p in reading.papers] == [(TITLE_A, ABSTRACT_A)]
    assert reading.skipped == ()


@pytest.mark.parametrize(
    "page",
    [
        f"# Daily Papers\n\n## by [![](https://x.co/a.png)AK](https://x.co/ak) and the "
        f"research community\n\nOct 2\n\n[101](https://x.co/v)\n\n"
        f"### [{TITLE_A}](https://huggingface.co/papers/2401.00001)"
        f"\n\n[{ABSTRACT_A}](https://huggingface.co/papers/2401.00001)\n",
        f"Daily Papers\n\nMar 25\n\n [-] 1\n\nhttps://x.co/login\n\n{TITLE_A}\n\n"
        f"https://huggingface.co/papers/2401.00001\n\n{ABSTRACT_A}\n",
    ],
)
def test_pages_that_a_tool_saved_with_links_read_cleanly(tmp_path: Path, page: str) -> None:
    reading = read_papers([write(tmp_path, "a.md", page)])

    assert [(p.title, p.abstract) for p in reading.papers] == [(TITLE_A, ABSTRACT_A)]
    assert reading.skipped == ()
