"""The query library: questions with parameters, as files ``*.rq`` with a header.

The lines of a file that begin with ``#+`` are TOML: ``title``, ``description``, and a table
``parameters`` of ``{type, about, default, example}``. In the text a parameter stands as
``VALUES ?name { term }`` (or as ``LIMIT 10`` if its type is ``limit``), so that every file also
runs as it is in any SPARQL tool. What a user gives replaces the term there, as a term.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from kg.errors import QueryError
from kg.model import EntityType, RelationType, Role
from kg.sparql import form_of, prologue
from kg.vocab import BASE, KGO, PREFIXES, prefixes

__all__ = [
    "Parameter",
    "Question",
    "bind",
    "library",
    "query_triples",
    "question",
    "read_question",
    "term",
]

#: What a parameter may be; entities and papers are looked up by their names.
TYPES = frozenset(
    {"class", "decimal", "entity", "integer", "limit", "paper", "relation", "role", "text"}
)
_NAMED = {"class": EntityType, "relation": RelationType, "role": Role}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: *default* is None if it must be given; *example* is a value that shows it."""

    name: str
    type: str
    about: str
    default: str | None
    example: str


@dataclass(frozen=True, slots=True)
class Question:
    """A query of the library: its file's stem as *name*, its header, and its *text* without it."""

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    text: str


def library() -> dict[str, Question]:
    """Return the questions that ship with the package, by name, sorted."""
    found = (f for f in _folder().iterdir() if f.name.endswith(".rq"))
    read = (read_question(f.read_text(encoding="utf-8"), Path(f.name).stem) for f in found)
    return {q.name: q for q in sorted(read, key=lambda q: q.name)}


def question(name: str) -> Question:
    """Return the question *name*, of the library or of a file; raise ``QueryError`` if none."""
    path = Path(name)
    if path.suffix == ".rq" or path.is_file():
        try:
            return read_question(path.read_text(encoding="utf-8"), path.stem)
        except OSError as error:
            raise QueryError(f"{name}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise QueryError(f"{name}: not UTF-8 at byte {error.start}") from error
    file = _folder() / f"{name}.rq"
    if not re.fullmatch(r"[\w-]+", name) or not file.is_file():
        near = _near(name, library())
        raise QueryError(f"no query {name!r} in the library{near}; `kg query --list` shows all")
    return read_question(file.read_text(encoding="utf-8"), name)


def read_question(text: str, name: str) -> Question:
    """Return the question in the *text* of a file; one without a header has no parameters.

    Raise ``QueryError`` if the header is wrong.
    """
    lines = text.splitlines(keepends=True)
    # empty lines in the place of the header, so that positions in messages hold for the file
    body = "".join("\n" if line.startswith("#+") else line for line in lines)
    header = "".join(line[2:].strip() + "\n" for line in lines if line.startswith("#+"))
    try:
        told = tomllib.loads(header)
    except tomllib.TOMLDecodeError as error:
        raise QueryError(f"{name}.rq: the header is no TOML: {error}") from error
    return Question(
        name,
        told.get("title", name),
        told.get("description", ""),
        tuple(_parameter(name, key, value) for key, value in told.get("parameters", {}).items()),
        body,
    )


def bind(asked: Question, terms: Mapping[str, NamedNode | Literal]) -> str:
    """Return the text of *asked* with each parameter of *terms* set to its term.

    A term goes in as its own N-Triples form: no value can end it and go on as SPARQL.
    """
    text = asked.text
    for parameter in asked.parameters:
        if parameter.name in terms:
            term = terms[parameter.name]
            pattern, new = _place(parameter)
            shown = term.value if parameter.type == "limit" else str(term)
            text, count = pattern.subn(lambda _, new=new, shown=shown: new % shown, text)  # type: ignore[misc]
            if not count:
                raise QueryError(f"{asked.name}.rq: nothing in it takes {parameter.name!r}")
    return text


def term(parameter: Parameter, value: str) -> NamedNode | Literal:
    """Return *value* as a term of the parameter's type; entities and papers are not looked up here.

    Raise ``QueryError`` if it is none.
    """
    if parameter.type in _NAMED:
        return _vocabulary_term(parameter, value)
    if parameter.type == "text":
        return Literal(value)
    pattern = r"\d{1,9}" if parameter.type == "limit" else r"[+-]?\d{1,18}"
    if parameter.type == "decimal":
        pattern = r"[+-]?\d{1,18}(\.\d{1,18})?"
    if not re.fullmatch(pattern, value, re.ASCII):
        raise QueryError(f"{parameter.name}={value}: not a value of type {parameter.type}")
    kind = "decimal" if parameter.type == "decimal" else "integer"
    return Literal(value, datatype=NamedNode(PREFIXES["xsd"] + kind))


def query_triples(base: str = BASE) -> Iterator[Triple]:
    """Yield the library as RDF: ``sh:SPARQLExecutable`` nodes, and the prefixes as ``sh:declare``.

    SPARQL editors read both from the graph itself and offer the queries as examples.
    """
    sh, rdfs, rdf = PREFIXES["sh"], PREFIXES["rdfs"], PREFIXES["rdf"]
    dataset = NamedNode(base)
    string, any_uri = PREFIXES["xsd"] + "string", NamedNode(PREFIXES["xsd"] + "anyURI")
    for prefix, namespace in prefixes(base).items():
        node = NamedNode(f"{base}prefix/{prefix}")
        yield Triple(dataset, NamedNode(sh + "declare"), node)
        yield Triple(node, NamedNode(sh + "prefix"), Literal(prefix, datatype=NamedNode(string)))
        yield Triple(node, NamedNode(sh + "namespace"), Literal(namespace, datatype=any_uri))
    for asked in library().values():
        node = NamedNode(f"{base}query/{asked.name}")
        text = (prologue(asked.text, prefixes(base)) + "\n" + asked.text.strip() + "\n").lstrip()
        form = form_of(asked.text).title()
        yield Triple(node, NamedNode(rdf + "type"), NamedNode(sh + "SPARQLExecutable"))
        yield Triple(node, NamedNode(rdf + "type"), NamedNode(f"{sh}SPARQL{form}Executable"))
        yield Triple(node, NamedNode(rdfs + "label"), Literal(asked.title))
        yield Triple(node, NamedNode(rdfs + "comment"), Literal(asked.description))
        yield Triple(node, NamedNode(sh + "prefixes"), dataset)
        yield Triple(node, NamedNode(sh + form.lower()), Literal(text))


def _folder() -> Traversable:
    # in a checkout the library lies at the top, in a wheel among the data
    checkout = Path(__file__).parent.parent / "queries"
    return checkout if checkout.is_dir() else files("kg") / "data" / "queries"


def _parameter(question_name: str, name: str, told: Mapping[str, Any]) -> Parameter:
    unknown = told.keys() - {"type", "about", "default", "example"}
    if unknown or told.get("type") not in TYPES or not {"default", "example"} & told.keys():
        raise QueryError(
            f"{question_name}.rq: parameter {name!r} wants a type ({', '.join(sorted(TYPES))}), "
            "a default or an example, and may say what it is about; nothing else"
        )
    default = told.get("default")
    example = str(told.get("example", default))
    shown = None if default is None else str(default)
    return Parameter(name, told["type"], told.get("about", ""), shown, example)


def _place(parameter: Parameter) -> tuple[re.Pattern[str], str]:
    if parameter.type == "limit":
        return re.compile(r"\bLIMIT\s+\d+"), "LIMIT %s"
    name = re.escape(parameter.name)
    # one term between the braces: an IRI, a prefixed name, a number, or a quoted string
    one = r'(?:<[^<>\s]*>|[\w-]*:[\w.-]*|[+-]?[\d.]+|"[^"\n]*")'
    return re.compile(rf"\bVALUES\s+\?{name}\s*\{{\s*{one}\s*\}}"), (
        f"VALUES ?{parameter.name} {{ %s }}"
    )


def _vocabulary_term(parameter: Parameter, value: str) -> NamedNode:
    known = {str(word).casefold(): str(word) for word in _NAMED[parameter.type]}
    word = known.get(value.removeprefix("kgo:").removeprefix(KGO).casefold())
    if word is None:
        raise QueryError(
            f"{parameter.name}={value}: no {parameter.type} of that name; "
            f"known: {', '.join(known.values())}"
        )
    return NamedNode(KGO + word)


def _near(name: str, known: Mapping[str, object]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 (only for a mistake)

    near = get_close_matches(name, known, n=1)
    return f"; {near[0]!r} may be meant" if near else ""
