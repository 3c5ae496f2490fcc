"""Turn what a record says into a paper's values: text, ids, dates, addresses.

The text is kept as read, since offsets count it, but for what is layout and not text: blanks around
it, line breaks (one blank for each, with the blanks beside it), runs of blanks in a title, and the
code points that no XML and no UTF-8 file may hold (each becomes U+FFFD, so that nothing shifts).
"""

import re
import unicodedata
from datetime import date as Date  # noqa: N812 - `date` is the function of this module
from email.utils import parsedate_to_datetime
from hashlib import sha256

__all__ = [
    "arxiv_id",
    "clean_abstract",
    "clean_title",
    "date",
    "doi",
    "fold_title",
    "ids_in",
    "paper_id",
    "urls_in",
]

# XML 1.0, production 2 (Char): what is left out there cannot stand in GraphML or HTML either.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LINE_BREAKS = re.compile(r"[^\S\n]*(?:[\r\n\x85\u2028\u2029]\s*)+")
_LETTERS_AND_DIGITS = re.compile(r"[^\W_]+")

# https://info.arxiv.org/help/arxiv_identifier.html: YYMM.number since 2007-04, before that
# archive/YYMMnnn.
_NEW_ARXIV = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD_ARXIV = r"[a-z][a-z-]+(?:\.[A-Z]{2})?/\d{2}(?:0[1-9]|1[0-2])\d{3}"
_ARXIV = rf"(?:{_NEW_ARXIV}|{_OLD_ARXIV})"
_ARXIV_VALUE = re.compile(
    r"(?:https?://)?(?:(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/|(?:www\.)?alphaxiv\.org/abs/"
    r"|huggingface\.co/papers/|(?:dx\.)?(?:doi\.org/)?10\.48550/arxiv\.|arxiv[:\s]\s*|oai:arxiv\.org:)?"
    rf"(?P<id>{_ARXIV})(?:v\d+)?(?:\.pdf)?(?:\s*\[[\w.-]+\])?/?",
    re.IGNORECASE,
)
# A bare number is an arXiv id only in a field that says so; in a text, only as a link.
_ARXIV_LINK = re.compile(
    rf"arxiv\.org/(?:abs|pdf|html)/(?P<id>{_ARXIV})(?:v\d+)?(?:\.pdf)?", re.IGNORECASE
)
# https://www.crossref.org/blog/dois-and-matching-regular-expressions/
_DOI = re.compile(r"\b(10\.\d{4,9}/[^\s\"<>{}|\\^`]+)", re.IGNORECASE)
_DOI_LINK = re.compile(r"(?:doi\.org/|\bdoi:\s?)(10\.\d{4,9}/[^\s\"<>{}|\\^`]+)", re.IGNORECASE)
# Repositories of data and code: such a DOI in an abstract is not the paper's own.
_DATA_DOI = re.compile(r"10\.(?:4121|5061|5281|5683|6084|7910|17605|17632)/", re.IGNORECASE)
# The words before a link that make it the paper's own, at the end of what precedes it.
_OWN_LINK = re.compile(
    r"(?:^|\b(?:paper|preprint|version|article|manuscript|arxiv)(?: (?:is|are))?"
    r"(?: (?:freely |publicly |also )?(?:available|found|online|accessible))?"
    r"(?: (?:at|on|from|here|under))?)[\s:(\[]*$",
    re.IGNORECASE,
)
# The words before a link that make it another's, even at the end of a text.
_CITED = re.compile(r"(?:et al\.?|by|of|see|in|from|with|cf\.)[\s:(\[]*$", re.IGNORECASE)

_ISO = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?![\d])")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_MONTH = r"(?P<month>" + "|".join(_MONTHS) + r")[a-z]*\.?"
_WORDED = re.compile(
    rf"(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+)?{_MONTH}(?:\s+(?P<late>\d{{1,2}})(?:st|nd|rd|th)?)?,?\s+(?P<year>\d{{4}})",
    re.IGNORECASE,
)

_URL_MARKS = ("//", "www.", "github.com/", "gitlab.com/", "huggingface.co/")
# RFC 3987 without the square brackets of an IPv6 address; some texts have a blank after the colon.
_URL = re.compile(
    r"(?:https?: ?//|(?<![\w./@-])(?:www\.|github\.com/|gitlab\.com/|huggingface\.co/))"
    r"(?:[\w\-.~:/?#@!$&'()*+,;=]|%[0-9a-f]{2})+",
    re.IGNORECASE,
)
# All that a line break left of a repository's address.
_BARE_FORGE = re.compile(r"https?://(?:www\.)?(?:github|gitlab|huggingface)\.(?:com|co)/?")
# What stands for the paper itself is an id, not a link to code or a project.
_RECORD_URL = re.compile(
    r"https?://(?:[\w-]+\.)*(?:arxiv\.org|doi\.org|semanticscholar\.org|openalex\.org)(?:[/?#:]|$)"
    r"|https?://huggingface\.co/papers(?:[/?#]|$)",
    re.IGNORECASE,
)


def clean_title(text: str) -> str:
    r"""Return *text* on one line, with single blanks; cleaning twice changes nothing.

    >>> clean_title(" Deep\n  nets ")
    'Deep nets'
    """
    return " ".join(_UNWRITABLE.sub("\ufffd", text).split())


def clean_abstract(text: str) -> str:
    r"""Return *text* without blanks around it and with each line break as one blank.

    >>> clean_abstract(" We train\n  nets.  Fast. ")
    'We train nets.  Fast.'
    """
    if not text.isprintable():  # most are, and a search costs thirty times as much
        text = _LINE_BREAKS.sub(" ", _UNWRITABLE.sub("\ufffd", text))
    return text.strip()


def fold_title(title: str) -> str:
    """Return the key on which spellings of one title meet: letters and digits, case folded."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())
    return "".join(_LETTERS_AND_DIGITS.findall(folded)) or title


def paper_id(title: str, arxiv: str | None) -> str:
    """Return the local part of the paper's IRI: its arXiv id, else a hash of the title in NFC.

    >>> paper_id("LoRA", "cs/0112017")
    'arxiv-cs-0112017'
    """
    if arxiv:
        return f"arxiv-{arxiv.replace('/', '-')}"
    return "h-" + sha256(unicodedata.normalize("NFC", title).encode()).hexdigest()[:12]


def arxiv_id(value: str) -> str | None:
    """Return the arXiv id, without version, that the whole of *value* stands for, else None.

    >>> arxiv_id("https://arxiv.org/abs/1706.03762v5")
    '1706.03762'
    """
    found = _ARXIV_VALUE.fullmatch(value.strip())
    return _arxiv_form(found["id"]) if found else None


def _arxiv_form(found: str) -> str:
    archive, slash, number = found.rpartition("/")
    head, dot, group = archive.partition(".")
    return f"{head.lower()}{dot}{group.upper()}{slash}{number}"


def doi(value: str) -> str | None:
    """Return the DOI in *value*, in lower case and without resolver, else None.

    >>> doi("https://doi.org/10.1000/ABC.1")
    '10.1000/abc.1'
    """
    found = _DOI.search(value)
    return _trim(found[1]).lower() if found else None


def date(value: str) -> str | None:
    """Return *value* as ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; None if it holds no year.

    >>> date("12 June 2017"), date("2017/06/12/"), date("Mar 11")
    ('2017-06-12', '2017-06-12', None)
    """
    value = value.strip()
    if found := _ISO.match(value):
        return _date_of(found[1], found[2], found[3])
    if found := _WORDED.search(value):
        month = _MONTHS[found["month"].lower()]
        return _date_of(found["year"], str(month), found["day"] or found["late"])
    try:
        return parsedate_to_datetime(value).date().isoformat()
    except (ValueError, TypeError, OverflowError):
        return None


def _date_of(year: str, month: str | None, day: str | None) -> str | None:
    try:
        whole = Date(int(year), int(month or 1), int(day or 1)).isoformat()
    except ValueError:
        return _date_of(year, month, None) if day else _date_of(year, None, None) if month else None
    if not 1500 <= int(year) <= 2100:
        return None
    return whole[: 10 if day else 7 if month else 4]


def urls_in(text: str) -> tuple[str, ...]:
    """Return the addresses in *text*, sorted, with their scheme, without the full stop behind.

    Links to a record of the paper itself (arXiv, DOI, Semantic Scholar, OpenAlex, Daily Papers) are
    left out, and so is what a line break has cut.

    >>> urls_in("Code (see github.com/a/b) and https://a.org/x.")
    ('https://a.org/x', 'https://github.com/a/b')
    """
    lower = text.lower()
    if not any(mark in lower for mark in _URL_MARKS):  # most have none, and a search costs more
        return ()
    found = (_whole(_trim(match[0])) for match in _URL.finditer(text))
    return tuple(sorted({url for url in found if _is_link(url) and not _RECORD_URL.match(url)}))


def _whole(address: str) -> str:
    address = address.replace(": //", "://", 1)
    if "://" not in address:
        address = f"https://{address}"
    start, mark, fragment = address.partition("#")
    return start + mark + fragment.partition("#")[0]


def _is_link(url: str) -> bool:
    host = r"https?://(?:[\w-]+\.)+[^\W\d_]{2,}(?::\d{1,5})?(?:[/?#]|$)"
    if url.endswith("-") or _BARE_FORGE.fullmatch(url):
        return False
    return re.match(host, url, re.IGNORECASE) is not None


def _trim(address: str) -> str:
    # A bracket belongs to the address only if it was opened inside it (RFC 3986, appendix C).
    while address:
        last = address[-1]
        opener = {")": "(", "]": "["}.get(last)
        if last in ".,;:!?'\"*_“”‘’…" or (opener and address.count(last) > address.count(opener)):
            address = address[:-1]
        else:
            break
    return address


def ids_in(text: str) -> tuple[str | None, str | None]:
    """Return the arXiv id and the DOI that *text* gives as its own, each None if there is none.

    A link counts as the paper's own only where it opens or ends the text, or after words such as
    "paper at": abstracts also cite other papers by their ids, and a wrong id joins two papers.

    >>> ids_in("We extend X. Paper: https://arxiv.org/abs/2001.00001v2")
    ('2001.00001', None)
    >>> ids_in("We extend arXiv:2001.00001 and https://arxiv.org/abs/2001.00002 by far.")
    (None, None)
    """
    if "doi" not in (lower := text.lower()) and "arxiv.org/" not in lower:
        return None, None
    arxiv = {_arxiv_form(m["id"]) for m in _ARXIV_LINK.finditer(text) if _is_own(text, m)}
    dois = {_trim(m[1]).lower() for m in _DOI_LINK.finditer(text) if _is_own(text, m)}
    dois = {value for value in dois if not _DATA_DOI.match(value)}
    return (
        arxiv.pop() if len(arxiv) == 1 else None,
        dois.pop() if len(dois) == 1 else None,
    )


def _is_own(text: str, link: re.Match[str]) -> bool:
    before = re.sub(r"(?:https?://)?(?:[\w-]+\.)*$", "", text[: link.start()], flags=re.IGNORECASE)
    after = text[link.end() :].strip(" .)]/")
    return bool(_OWN_LINK.search(before)) or (not after and not _CITED.search(before))
