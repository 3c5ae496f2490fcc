"""Daily Papers pages (huggingface.co/papers), saved as text or as HTML.

A text page has a title and an abstract on alternate lines, with or without blank lines between,
among the furniture of the page. A saved HTML page carries its papers twice: as cards that a person
sees, and as JSON in the ``data-props`` of the element that draws them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from kg.read.fields import Record
from kg.read.sources import Content, open_text

__all__ = ["is_page", "read_html", "read_page"]

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_PHRASES = (
    r"Get trending papers in your email inbox(?: once a day)?!?",
    r"Subscribe",
    r"(?:Daily|Trending) Papers",
    r"by\s*AK and the research community",
)
_DAY = rf"{_MONTH}\s+\d{{1,2}}(?:,?\s+\d{{4}})?"
_FURNITURE = re.compile(
    "|".join(
        (
            *_PHRASES,
            _DAY,
            r"new|daily|weekly|monthly|previous|next|log ?in|sign ?up|hugging ?face|today|\W*",
            r"(?:view|show|load) (?:all|more)(?: papers)?|submitted by|(?:[·•]\s*)?\d+ authors?",
            r"(?:upvote\s*)?[-\[\]\d., ]+k?|https?://\S+",
            r"models|datasets|spaces|buckets(?: new)?|docs|enterprise",
            r"pricing|community|posts|by\s*\[.*\].* and the research community",
        )
    ),
    re.IGNORECASE,
)
# Copied from a browser, furniture runs into the title: "SubscribeRethinking …", "Mar 11Only-IF …".
_GLUED = re.compile(
    rf"(?:{'|'.join(_PHRASES)})(?=\S)(?!(?:rs?|d|s)\b)|{_DAY}(?=[^\sa-z\d,])"
    rf"|(?:{'|'.join(_PHRASES[:2])})\s+(?=Subscribe|by\s*AK)"
)
_SIGN = re.compile(rf"(?m)^\s*(?:#+ )?\[?(?:{'|'.join(_PHRASES)})")
# What some tools make of headings and links.
_MARKDOWN = re.compile(r"(?:#{1,6}\s+)?(?:\[(?P<link>.+)\]\(\S+\)|(?P<plain>.*))", re.DOTALL)
_SUBMITTER = re.compile(r"submitted by", re.IGNORECASE)
_LONG = 250


def is_page(head: str) -> bool:
    """Whether *head* begins a Daily Papers page as text, by its furniture or by its rhythm."""
    if "\x00" in head[:4096]:
        return False
    if _SIGN.search(head[:4096]):
        return True
    lines = [line.strip() for line in head.splitlines() if line.strip()]
    if len(head) >= 60_000:
        lines = lines[:-1]  # the last line may be cut
    pairs = list(zip(lines[::2], lines[1::2], strict=False))
    fits = [
        len(title) < _LONG and not _is_prose(title) and _is_prose(text) for title, text in pairs
    ]
    return bool(pairs) and sum(fits) >= 0.8 * len(fits) and all(len(t) >= 80 for _, t in pairs[:1])


def _is_prose(line: str) -> bool:
    """Whether *line* is an abstract rather than a title: it ends a sentence, and is long."""
    ends = line.rstrip("\"'”’)]} ").endswith((".", "!", "?", "…", ":", ";"))
    return (len(line) >= 120 and ends) or (
        len(line) >= _LONG and re.search(r"[.!?] +[A-Z]", line) is not None
    )


def read_page(content: Content) -> Iterator[Record]:
    """Yield the title and abstract pairs of a text page, furniture left out."""
    title: tuple[int, str] | None = None
    with open_text(content) as lines:
        for number, line in _without_furniture(lines):
            prose = _is_prose(line)
            if title is None and prose:
                yield Record(number, {}, f"is an abstract without a title above it: “{line[:60]}…”")
            elif title is None:
                title = (number, line)
            elif prose or _is_short_abstract(line):
                yield Record(title[0], {"title": title[1], "abstract": line})
                title = None
            else:
                yield Record(title[0], {"title": title[1]})
                title = (number, line)
    if title is not None:
        yield Record(title[0], {"title": title[1]})


def _is_short_abstract(line: str) -> bool:
    # A title seldom ends with a full stop; without one, only length tells.
    return len(line) >= _LONG or (len(line) >= 30 and line.endswith("."))


def _without_furniture(lines: Iterator[str] | Any) -> Iterator[tuple[int, str]]:  # noqa: ANN401
    in_header, is_name = True, False
    for number, raw in enumerate(lines, 1):
        shown = _MARKDOWN.fullmatch(raw.strip())
        line = (shown["link"] or shown["plain"] or "") if shown else ""
        while in_header and (glued := _GLUED.match(line)):
            line = line[glued.end() :].lstrip()
        if not line or (len(line) < 100 and _FURNITURE.fullmatch(line)):
            is_name = is_name or _SUBMITTER.fullmatch(line) is not None
        elif is_name and " " not in line:
            is_name = False  # the account that submitted the paper
        else:
            in_header, is_name = in_header and not _is_prose(line), False
            yield number, line


def read_html(content: Content) -> Iterator[Record]:
    """Yield the papers of a saved page: of a list, or of one paper.

    The papers that the page shows count, in its order; what its data says of them is preferred to
    its cards, which may be cut. A page of one paper is also known by its ``citation_…`` marks.
    """
    with open_text(content) as stream:
        tree = LexborHTMLParser(stream.read())
    data = {_paper_key(paper): paper for paper in _props(tree)}
    cards = {_paper_key(card): card for card in _cards(tree)}
    if cards:
        for key, card in cards.items():
            yield Record(None, data.get(key, card))
    elif data:
        yield from (Record(None, paper) for paper in data.values())
    elif single := _single(tree):
        yield Record(None, single)


def _paper_key(paper: Mapping[str, Any]) -> str:
    inner = paper.get("paper")
    source = inner if isinstance(inner, Mapping) else paper
    return str(source.get("id") or source.get("title"))


def _props(tree: LexborHTMLParser) -> Iterator[Mapping[str, Any]]:
    for node in tree.css("[data-props]"):
        try:
            props = json.loads(node.attributes.get("data-props") or "null")
        except (ValueError, RecursionError):
            continue
        if not isinstance(props, Mapping):
            continue
        lists = (props.get(name) for name in ("dailyPapers", "searchResults", "papers"))
        listed = chain.from_iterable(value for value in lists if isinstance(value, list))
        for paper in [props, *listed]:
            if isinstance(paper, Mapping) and _has_text(paper):
                yield paper


def _has_text(paper: Mapping[str, Any]) -> bool:
    inner = paper.get("paper")
    source = inner if isinstance(inner, Mapping) else paper
    return bool(source.get("title")) and bool(source.get("summary") or source.get("abstract"))


def _cards(tree: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    for heading in tree.css("h3"):
        link = heading.css_first("a[href*='/papers/']") or _around(heading, "a")
        href = (link.attributes.get("href") or "") if link else ""
        number = re.search(r"/papers/([^/?#]+)", href)
        if not number:
            continue
        card = _around(heading, "article") or heading.parent
        texts = [_text(node) for node in card.css("p, a, blockquote")] if card else []
        title = _text(heading)
        abstracts = [text for text in texts if text != title and len(text) > 80]
        yield {"id": number[1], "title": title, "abstract": max(abstracts, key=len, default="")}


def _around(node: LexborNode, tag: str) -> LexborNode | None:
    parent = node.parent
    while parent is not None and parent.tag != tag:
        parent = parent.parent
    return parent


def _text(node: LexborNode) -> str:
    return re.sub(r"\s+", " ", node.text()).strip()


def _single(tree: LexborHTMLParser) -> dict[str, Any]:
    """Return the fields of a page about one paper: its marks for indexes, and what it shows."""
    marks: dict[str, list[str]] = {}
    for node in tree.css("meta[name^='citation_']"):
        name, value = node.attributes.get("name") or "", node.attributes.get("content") or ""
        marks.setdefault(name.removeprefix("citation_"), []).append(value)
    first = {name: values[0] for name, values in marks.items()}
    heading = tree.css_first("h1")
    address = tree.css_first("link[rel='canonical'], meta[property='og:url']")
    place = (
        (address.attributes.get("href") or address.attributes.get("content") or "")
        if address
        else ""
    )
    title = first.get("title") or (_text(heading) if heading else "")
    abstract = first.get("abstract") or _abstract_under_heading(tree)
    if not title or not abstract:
        return {}
    return {
        "title": title,
        "abstract": abstract,
        "arxiv_id": first.get("arxiv_id") or place,
        "doi": first.get("doi"),
        "date": first.get("date") or first.get("publication_date") or first.get("online_date"),
        "authors": marks.get("author", []),
        "venue": first.get("conference_title") or first.get("journal_title"),
    }


def _abstract_under_heading(tree: LexborHTMLParser) -> str:
    for heading in tree.css("h2, h3, h4, strong"):
        if _text(heading).casefold().rstrip(":") != "abstract" or heading.parent is None:
            continue
        # The summary that a machine made stands in the same box, and is shorter than the abstract.
        paragraphs = [_text(node) for node in heading.parent.css("p")]
        if paragraphs:
            return max(paragraphs, key=len)
        return _text(heading.parent).removeprefix(_text(heading)).strip()
    return ""
