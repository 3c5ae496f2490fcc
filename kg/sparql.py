"""The text of a query: its tokens, what is wrong with it, and whom it would call."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

from kg.errors import QueryError

__all__ = [
    "Token",
    "calls_others",
    "diagnose",
    "form_of",
    "names_graphs",
    "prologue",
    "tokens",
    "with_values",
]

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    |(?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
        |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<variable>[?$]\w+)
    |(?P<name>(?:[^\W\d_][\w.-]*)?:(?:[\w:%]|[.-](?=[\w:%.-])|\\.)*)
    |(?P<word>[^\W\d_]\w*)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<space>\s+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)

_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = frozenset(
    {"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"}
)
_KEYWORDS = re.findall(
    r"\w+",
    """ASC ASK AS AVG BASE BIND BOUND BY COALESCE CONCAT CONSTRUCT CONTAINS COUNT DATATYPE DESC
    DESCRIBE DISTINCT EXISTS FILTER FROM GRAPH GROUP GROUP_CONCAT HAVING IF IN IRI ISIRI
    ISLITERAL LANG LANGMATCHES LCASE LIMIT MAX MIN MINUS NAMED NOT OFFSET OPTIONAL ORDER
    PREFIX REDUCED REGEX REPLACE ROUND SAMPLE SELECT SEPARATOR SERVICE SILENT STR STRAFTER
    STRBEFORE STRENDS STRLEN STRSTARTS SUBSTR SUM UCASE UNDEF UNION URI VALUES WHERE A TRUE
    FALSE YEAR MONTH DAY NOW ABS CEIL FLOOR MD5 SHA1 SHA256 UUID STRUUID BNODE STRDT STRLANG
    SAMETERM ISBLANK ISNUMERIC ENCODE_FOR_URI TRIPLE SUBJECT PREDICATE OBJECT ISTRIPLE HOURS
    MINUTES SECONDS TIMEZONE TZ RAND ISURI SHA384 SHA512 ADJUST LATERAL""",
)
_POSITION = re.compile(r"error at (\d+):(\d+)")
_BRACKETS = {"}": "{", ")": "(", "]": "["}
#: After the word comes what can begin an IRI, or a comment before one.
_FROM = re.compile(r"(?<![?$\w])FROM\s*(?:[<#]|NAMED\b|[^\s<]*:)", re.IGNORECASE)
_SERVICE = re.compile("service", re.IGNORECASE)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})")


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a query; *line* and *column* count from 1."""

    kind: str
    text: str
    line: int
    column: int

    def __str__(self) -> str:
        """Return where it stands, as messages say it."""
        return f"line {self.line}, column {self.column}"


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of *text* in order, without space and comments.

    Good for messages; not for safety, since what reads as an IRI here may be two comparisons to an
    engine.
    """
    line, begin = 1, 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        if kind not in {"space", "comment"}:
            yield Token(kind, match[0], line, match.start() - begin + 1)
        if "\n" in match[0]:
            line += match[0].count("\n")
            begin = match.start() + match[0].rindex("\n") + 1


def prologue(text: str, prefixes: Mapping[str, str]) -> str:
    """Return declarations of those *prefixes* that *text* uses and does not declare itself.

    They come on one line, so that positions in the text move by no line if it is put before it.
    """
    declared = _declared(text)
    used = {t.text.partition(":")[0] for t in tokens(text) if t.kind == "name"}
    missing = sorted((used - declared.keys()) & prefixes.keys())
    return "".join(f"PREFIX {name}: <{prefixes[name]}> " for name in missing)


def form_of(text: str) -> str:
    """Return whichever of SELECT, ASK, CONSTRUCT and DESCRIBE *text* is; empty if none."""
    words = (token.text.upper() for token in tokens(text) if token.kind == "word")
    return next((word for word in words if word in _FORMS), "")


def names_graphs(text: str) -> bool:
    """Tell whether a query says itself which graphs it reads (``FROM``)."""
    # most queries lack the clause, and need not be cut into tokens
    return _FROM.search(text) is not None and any(
        token.kind == "word" and token.text.upper() == "FROM" for token in tokens(text)
    )


def with_values(text: str, values: Mapping[str, object]) -> str:
    """Return *text* with each variable of *values* bound to its term in the outermost group.

    The ``str()`` of a term is its N-Triples form, as that of pyoxigraph's terms. Raise
    ``QueryError`` if there is no group to bind it in (the short ``CONSTRUCT WHERE``).
    """
    if not values:
        return text
    found = list(tokens(text))
    words = [t.text.upper() for t in found]
    after = words.index("WHERE") if "CONSTRUCT" in words and "WHERE" in words else 0
    if after and words[after - 1] == "CONSTRUCT":
        raise QueryError(
            f"{found[after]}: write the CONSTRUCT out, to bind a variable in its WHERE"
        )
    brace = next((t for t in found[after:] if t.text == "{"), None)
    if brace is None:
        raise QueryError("the query has no { } in which a variable could be bound")
    lines = text.splitlines(keepends=True)
    at = sum(map(len, lines[: brace.line - 1])) + brace.column
    bound = "".join(f" VALUES ?{name} {{ {term} }}" for name, term in values.items())
    return text[:at] + bound + text[at:]


def calls_others(text: str, allowed: Iterable[str], parse: Callable[[str], object]) -> bool:
    """Tell whether *text* holds a ``SERVICE`` that does not name one of the *allowed* IRIs.

    *parse* raises ``SyntaxError`` on a text that the engine cannot read. The engine's own parser
    decides what a keyword is: with the word spoilt wherever it stands, a text still reads if it
    stood in strings, names and comments only.
    """
    plain = _ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)), text)
    if not _SERVICE.search(plain):
        return False
    if not _SERVICE.search(text):
        return True
    for iri in allowed:
        call = rf"\bSERVICE\s+(?:SILENT\s+)?<{re.escape(iri)}>"
        text = re.sub(call, lambda _, iri=iri: f"GRAPH <{iri}>", text, flags=re.IGNORECASE)  # type: ignore[misc]
    try:
        parse(_SERVICE.sub("servicx", text))
    except SyntaxError:
        return True
    return False


def diagnose(text: str, message: str, prefixes: Mapping[str, str]) -> str:
    """Return one sentence on why an engine refused *text* with *message*: place and likely cause.

    *prefixes* are those declared without being written.
    """
    found = list(tokens(text))
    for check in (_empty, _update, _unclosed_string, _unbalanced, _missing_operand):
        if (sentence := check(found)) is not None:
            return sentence
    if (sentence := _unknown_prefix(found, {**prefixes, **_declared(text)})) is not None:
        return sentence
    if (sentence := _misspelt(found)) is not None:
        return sentence
    return _by_message(found, message)


def _declared(text: str) -> dict[str, str]:
    found = list(tokens(text))
    return {
        name.text[:-1]: iri.text[1:-1]
        for word, name, iri in zip(found, found[1:], found[2:], strict=False)
        if word.text.upper() == "PREFIX" and name.text.endswith(":")
    }


def _empty(found: list[Token]) -> str | None:
    return None if found else "line 1, column 1: the query is empty"


def _update(found: list[Token]) -> str | None:
    for token in found:
        word = token.text.upper()
        if token.kind == "word" and word in _UPDATES:
            return f"{token}: {word} is an update; the graph is only read here, `kg build` makes it"
        if token.text == "{" or word in _FORMS:
            return None
    return None


def _unclosed_string(found: list[Token]) -> str | None:
    for token in found:
        if token.kind == "other" and token.text in "\"'":
            return f"{token}: the string that begins here is not closed on its line"
    return None


def _unbalanced(found: list[Token]) -> str | None:
    open_: list[Token] = []
    for token in found:
        if token.text in _BRACKETS.values():
            open_.append(token)
        elif token.text in _BRACKETS:
            if not open_:
                return f"{token}: this {token.text!r} closes nothing"
            if open_[-1].text != _BRACKETS[token.text]:
                left = f"the {open_[-1].text!r} of {open_[-1]}"
                return f"{token}: {token.text!r} stands where {left} should be closed"
            open_.pop()
    return f"{open_[-1]}: the {open_[-1].text!r} that opens here is never closed" if open_ else None


def _missing_operand(found: list[Token]) -> str | None:
    for token, after in pairwise(found):
        if token.kind == "other" and token.text in "=<>+-/&|!," and after.text in _BRACKETS:
            return f"{after}: something is missing between {token.text!r} and {after.text!r}"
    return None


def _unknown_prefix(found: list[Token], known: Mapping[str, str]) -> str | None:
    for token in found:
        prefix = token.text.partition(":")[0]
        if token.kind != "name" or prefix in known:
            continue
        if prefix in {"http", "https"}:
            return f"{token}: an IRI stands in <...>, with no space in it"
        if near := get_close_matches(prefix, known, n=20, cutoff=0.6):
            # among the near ones our own terms are meant most often
            near.sort(key=lambda name: name != "kgo")
            meant = " or ".join(f'"{name}:"' for name in near[:3])
            return f'{token}: the prefix "{prefix}:" is not declared; {meant} may be meant'
        names = " ".join(f"{name}:" for name in sorted(known))
        return f'{token}: the prefix "{prefix}:" is not declared; predeclared are {names}'
    return None


def _misspelt(found: list[Token]) -> str | None:
    previous = ""
    for token in found:
        word = token.text.upper()
        # a word after @ or ^^ is a language tag or part of a datatype
        if token.kind == "word" and word not in _KEYWORDS and previous not in {"@", "^"}:
            near = get_close_matches(word, _KEYWORDS, n=1, cutoff=0.6)
            hint = (
                f"; {near[0]} may be meant" if near else "; a name needs a prefix, a variable a ?"
            )
            return f"{token}: {token.text!r} is no word of SPARQL{hint}"
        previous = token.text
    return None


def _by_message(found: list[Token], message: str) -> str:
    match = _POSITION.search(message)
    place, near = "", None
    if match:
        line, column = int(match[1]), int(match[2])
        before = [t for t in found if (t.line, t.column) <= (line, column)]
        near = before[-1] if before else None
        place = f"line {line}, column {column}: "
    if "variable that is unbound" in message:
        return (
            place + "SELECT names a variable that is neither in GROUP BY nor inside an aggregate, "
            "or * is selected beside GROUP BY"
        )
    if "IRI parsing failed" in message:
        return (
            place + "an IRI before here is not well formed (a space, or no scheme such as https:)"
        )
    words = [t.text.upper() for t in found]
    for word, after in zip(words, found[1:], strict=False):
        if word in {"LIMIT", "OFFSET"} and after.kind != "number":
            return f"{after}: {word} takes a whole number, not {after.text!r}"
    seen = f" at or before {near.text!r}" if near else ""
    return f"{place}this is not SPARQL{seen}; a term, an operator or a '.' may be missing there"
