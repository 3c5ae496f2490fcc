"""Triples and quads of what was read: pure conversion, by the terms of ``docs/rdf.md``.

Two sets. *Plain statements* (``graph.ttl``, default graph): papers, entities, roles, relations,
results. *Evidence* (``evidence.nq``, one named graph a paper): the text, its sentences, the
mentions, and a claim node for each statement, which says where it was read and how sure it is.
No blank nodes; the order is fixed by the order of the arguments.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import chain
from urllib.parse import quote, urlsplit

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from kg.model import (
    Entity,
    Extraction,
    Mention,
    Paper,
    PaperEntity,
    Relation,
    Result,
    Run,
    Sentence,
)
from kg.vocab import CLASS_TERMS, KGO, PREFIXES, iri

__all__ = [
    "Terms",
    "entity_triples",
    "evidence_nquads",
    "evidence_quads",
    "evidence_terms",
    "paper_triples",
    "plain_triples",
    "relation_support",
    "run_id",
    "run_triples",
]

Support = Mapping[tuple[str, str, str], int]
#: The subject, predicate and object of a statement as N-Triples has them.
Terms = tuple[str, str, str]

_CODE_HOSTS = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org")
_NUMBER = re.compile(r"\s*([-+−±~]?)\s*(\d[\d,]*(?:\.\d+)?|\.\d+)\s*(.*?)\s*", re.DOTALL)


@cache
def _term(curie: str) -> NamedNode:
    prefix, local = curie.split(":")
    return NamedNode(PREFIXES[prefix] + local)


_TYPE = _term("rdf:type")


def plain_triples(
    extractions: Iterable[Extraction], entities: Iterable[Entity], run: Run
) -> Iterator[Triple]:
    """Yield the plain statements: the run, the entities, then each paper with its statements.

    The triples of one subject come together, so that a Turtle writer groups them; relations stand
    with the paper that states them, each once in the whole graph.
    """
    yield from run_triples(run)
    for entity in entities:
        yield from entity_triples(entity, run.base)
    seen: set[tuple[str, str, str]] = set()
    for extraction in extractions:
        new = [r for r in extraction.relations if (r.head, r.type, r.tail) not in seen]
        seen.update((r.head, r.type, r.tail) for r in new)
        yield from paper_triples(extraction, new, run.base)


def paper_triples(
    extraction: Extraction, relations: Iterable[Relation], base: str
) -> Iterator[Triple]:
    """Yield the plain statements about one paper, then *relations*, then its results."""
    yield from _paper_triples(extraction, base)
    for relation in relations:
        yield _relation_triple(relation, base)
    for result in extraction.results:
        yield from _result_triples(extraction.paper, result, base)


def evidence_quads(extraction: Extraction, run: Run, support: Support) -> Iterator[Quad]:
    """Yield what one paper's statements rest on, in the named graph of the paper.

    *support* counts the papers that state each relation, as :func:`relation_support` does.
    """
    statements = evidence_terms(extraction, run, support)
    return parse(evidence_nquads(statements, extraction.paper, run), RdfFormat.N_QUADS)


def evidence_terms(extraction: Extraction, run: Run, support: Support) -> list[Terms]:
    """Return what :func:`evidence_quads` yields, but for the graph, as text.

    It is nine tenths of all statements, so that they are put together as text, with pyoxigraph for
    what needs escaping: a third of the time that its terms take.
    """
    return _Evidence(extraction, run).statements(support)


def evidence_nquads(statements: Iterable[Terms], paper: Paper, run: Run) -> bytes:
    """Return *statements* as N-Quads in the named graph of *paper*."""
    end = f" {_graph(paper, run)} .\n"
    return "".join([f"{head} {name} {value}{end}" for head, name, value in statements]).encode()


def relation_support(extractions: Iterable[Extraction]) -> Counter[tuple[str, str, str]]:
    """Return for each ``(head, relation, tail)`` the number of papers that state it."""
    return Counter(
        (relation.head, relation.type.value, relation.tail)
        for extraction in extractions
        for relation in extraction.relations
    )


@cache
def run_id(run: Run) -> str:
    """Return the local part of the IRI of *run*: the same for the same options and version.

    The inputs have no part in it: what is said of a paper does not change when others come in.
    """
    return "run-" + _hash(run.version, _options_text(run))


def run_triples(run: Run) -> Iterator[Triple]:
    """Yield what made the graph, from which inputs."""
    node = _node("kgr", run_id(run), run)
    agent = NamedNode(f"{run.base}agent/kg-{quote(run.version)}")
    yield Triple(node, _TYPE, _term("prov:Activity"))
    yield Triple(node, _term("kgo:configHash"), Literal(_hash(_options_text(run))))
    yield Triple(node, _term("prov:wasAssociatedWith"), agent)
    sources = [(name, _node("kgsrc", _source_id(name), run), digest) for name, digest in run.inputs]
    for _, source, _ in sources:
        yield Triple(node, _term("prov:used"), source)
    for name, source, digest in sources:
        yield Triple(source, _TYPE, _term("prov:Entity"))
        yield Triple(source, _term("rdfs:label"), Literal(name))
        yield Triple(source, _term("kgo:inputHash"), Literal(digest))
    yield Triple(agent, _TYPE, _term("prov:SoftwareAgent"))
    yield Triple(agent, _term("rdfs:label"), Literal(f"kg {run.version}"))
    yield Triple(agent, _term("schema:softwareVersion"), Literal(run.version))


def entity_triples(entity: Entity, base: str) -> Iterator[Triple]:
    """Yield the plain statements about an entity itself."""
    node = NamedNode(iri("kge", entity.id, base))
    yield Triple(node, _TYPE, _term("skos:Concept"))
    for term in CLASS_TERMS[entity.type]:
        yield Triple(node, _TYPE, NamedNode(term))
    yield Triple(node, _term("skos:prefLabel"), Literal(entity.name))
    for alias in entity.aliases:
        yield Triple(node, _term("skos:altLabel"), Literal(alias))
    generic = "true" if entity.generic else "false"
    yield Triple(node, _term("kgo:generic"), Literal(generic, datatype=_term("xsd:boolean")))
    yield Triple(node, _term("kgo:paperCount"), _integer(entity.papers))


def _paper_triples(extraction: Extraction, base: str) -> Iterator[Triple]:
    paper = extraction.paper
    node = NamedNode(iri("kgp", paper.id, base))
    yield Triple(node, _TYPE, _term("schema:ScholarlyArticle"))
    yield Triple(node, _TYPE, _term("fabio:ScholarlyWork"))
    for predicate, value in _paper_values(paper):
        yield Triple(node, _term(predicate), value)
    for name in paper.sources:
        source = NamedNode(iri("kgsrc", _source_id(name), base))
        yield Triple(node, _term("prov:wasDerivedFrom"), source)
    for entity in extraction.entities:
        target = NamedNode(iri("kge", entity.id, base))
        if entity.role != "mentions":
            yield Triple(node, NamedNode(KGO + entity.role), target)
        # materialised, since neither rdflib nor Oxigraph infers a super-property
        yield Triple(node, _term("kgo:mentions"), target)


def _paper_values(paper: Paper) -> Iterator[tuple[str, Literal | NamedNode]]:
    yield "dcterms:title", Literal(paper.title)
    yield "dcterms:abstract", Literal(paper.abstract)
    for author in paper.authors:
        # dcterms:creator wants an agent, not a name: the elements' dc:creator takes a literal
        yield "dc:creator", Literal(author)
    if paper.date:
        kind = {4: "gYear", 7: "gYearMonth"}.get(len(paper.date), "date")
        yield "dcterms:issued", Literal(paper.date, datatype=_term(f"xsd:{kind}"))
    if paper.venue:
        yield "kgo:venue", Literal(paper.venue)
    if paper.arxiv_id:
        yield "fabio:hasArXivId", Literal(paper.arxiv_id)
    if paper.doi:
        yield "prism:doi", Literal(paper.doi)
    for url in _same_as(paper):
        yield "schema:sameAs", url
    for text in paper.urls:
        page = _web(text)
        if page is not None:
            host = (urlsplit(text).hostname or "").removeprefix("www.")
            yield "kgo:codeRepository" if host in _CODE_HOSTS else "rdfs:seeAlso", page


def _same_as(paper: Paper) -> Iterator[NamedNode]:
    pages = []
    if paper.arxiv_id:
        pages.append(f"https://arxiv.org/abs/{paper.arxiv_id}")
    if paper.doi:
        pages.append(f"https://doi.org/{paper.doi}")
    if paper.arxiv_id:
        pages.append(f"https://huggingface.co/papers/{paper.arxiv_id}")
    yield from filter(None, map(_web, pages))


def _relation_triple(relation: Relation, base: str) -> Triple:
    return Triple(
        NamedNode(iri("kge", relation.head, base)),
        NamedNode(KGO + relation.type),
        NamedNode(iri("kge", relation.tail, base)),
    )


def _result_triples(paper: Paper, result: Result, base: str) -> Iterator[Triple]:
    node = _result_node(paper, result, base)
    yield Triple(node, _TYPE, _term("kgo:Result"))
    yield Triple(node, _TYPE, _term("mls:ModelEvaluation"))
    yield Triple(node, _term("kgo:inPaper"), NamedNode(iri("kgp", paper.id, base)))
    yield Triple(node, _term("kgo:ofModel"), NamedNode(iri("kge", result.subject, base)))
    if result.dataset is not None:
        yield Triple(node, _term("kgo:onDataset"), NamedNode(iri("kge", result.dataset, base)))
    if result.metric is not None:
        yield Triple(node, _term("kgo:forMetric"), NamedNode(iri("kge", result.metric, base)))
    number, unit = _number(result.value)
    if number is not None:
        yield Triple(node, _term("mls:hasValue"), Literal(number, datatype=_term("xsd:decimal")))
    if unit:
        yield Triple(node, _term("schema:unitText"), Literal(unit))
    yield Triple(node, _term("kgo:valueText"), Literal(result.value))
    yield Triple(node, _term("kgo:resultKind"), Literal(result.kind.value))


@cache
def _text(curie: str) -> str:
    """Return a term as N-Triples has it."""
    return str(_term(curie))


@cache
def _number_text(number: int, datatype: str) -> str:
    return f'"{number}"^^{_text(datatype)}'


class _Evidence:
    """What the statements of one paper rest on, by the terms of N-Triples."""

    def __init__(self, extraction: Extraction, run: Run) -> None:
        self._extraction = extraction
        self._paper = paper = extraction.paper
        self._written = paper.text
        self._base = run.base
        self._run = str(_node("kgr", run_id(run), run))
        self._node, self._context = (
            str(_node("kgp", paper.id, run)),
            str(_node("kgt", paper.id, run)),
        )
        self._graph = _graph(paper, run)
        self._mentions: dict[tuple[int, int, str], str] = {}
        self._sentences: dict[tuple[int, int], str] = {}

    def statements(self, support: Support) -> list[Terms]:
        """Return all statements."""
        extraction, context, is_a = self._extraction, self._context, _text("rdf:type")
        told = [
            # said once of the graph, not of each node in it: a tenth of all quads less
            (self._graph, _text("prov:wasGeneratedBy"), self._run),
            (context, is_a, _text("nif:Context")),
            (context, _text("nif:isString"), str(Literal(self._written))),
            (context, _text("dcterms:isPartOf"), self._node),
        ]
        for sentence in extraction.sentences:
            node = self._sentence(sentence)
            told.append((node, is_a, _text("nif:Sentence")))
            told += self._place(node, sentence.start, sentence.end)
        for entity in extraction.entities:
            for mention in entity.mentions:
                told += self._mentioned(entity, mention)
        by_id = {entity.id: entity for entity in extraction.entities}
        for entity in extraction.entities:
            said = (
                iri("kgp", self._paper.id, self._base),
                KGO + entity.role,
                self._entity(entity.id),
            )
            claim = _Claim(said, entity.role_confidence, entity.evidence, (entity,))
            told += self._claimed(self._claim(said), claim)
        for relation in extraction.relations:
            said = self._entity(relation.head), KGO + relation.type, self._entity(relation.tail)
            parts = by_id[relation.head], by_id[relation.tail]
            node = self._claim(said)
            told += self._claimed(node, _Claim(said, relation.confidence, relation.evidence, parts))
            count = support[relation.head, relation.type.value, relation.tail]
            told.append((node, _text("kgo:support"), _number_text(count, "xsd:integer")))
        # two results can rest on one number
        results = map(self._reported, extraction.results)
        return [*told, *dict.fromkeys(chain.from_iterable(results))]

    def _mentioned(self, entity: PaperEntity, mention: Mention) -> tuple[Terms, ...]:
        node = self._mention(entity, mention)
        return (
            (node, _text("rdf:type"), _text("nif:Phrase")),
            *self._place(node, mention.start, mention.end),
            *(
                (node, _text("nif:superString"), self._sentence(sentence))
                for sentence in self._extraction.sentences
                if sentence.start <= mention.start < sentence.end
            ),
            (node, _text("itsrdf:taIdentRef"), f"<{self._entity(entity.id)}>"),
            (node, _text("itsrdf:taClassRef"), f"<{KGO}{entity.type}>"),
            (node, _text("itsrdf:taConfidence"), _decimal(mention.confidence)),
        )

    def _claimed(self, node: str, claim: "_Claim") -> list[Terms]:
        subject, predicate, value = claim.statement
        derived = _text("prov:wasDerivedFrom")
        told = [
            (node, _text("rdf:type"), _text("rdf:Statement")),
            (node, _text("rdf:type"), _text("kgo:Claim")),
            (node, _text("rdf:subject"), f"<{subject}>"),
            (node, _text("rdf:predicate"), f"<{predicate}>"),
            (node, _text("rdf:object"), f"<{value}>"),
            (node, _text("kgo:inPaper"), self._node),
            (node, _text("kgo:confidence"), _decimal(claim.confidence)),
            (node, derived, self._sentence(claim.evidence)),
        ]
        named = 0
        for entity in claim.parts:
            inside = [m for m in entity.mentions if _covers(claim.evidence, m)]
            named += bool(inside)
            told += [(node, derived, self._mention(entity, mention)) for mention in inside]
        grounding = {len(claim.parts): "verbatim", 0: "document"}.get(named, "sentence")
        told.append((node, _text("kgo:grounding"), f'"{grounding}"'))
        return told

    def _reported(self, result: Result) -> tuple[Terms, ...]:
        node = str(_result_node(self._paper, result, self._base))
        sentence = self._sentence(result.evidence)
        # the number itself is a string of the text too
        number = self._hashed("kgm", "m-", str(result.start), str(result.end), "value")
        return (
            (node, _text("kgo:confidence"), _decimal(result.confidence)),
            (node, _text("prov:wasDerivedFrom"), sentence),
            (node, _text("prov:wasDerivedFrom"), number),
            (number, _text("rdf:type"), _text("nif:Phrase")),
            *self._place(number, result.start, result.end),
            (number, _text("nif:superString"), sentence),
        )

    def _place(self, node: str, start: int, end: int) -> tuple[Terms, ...]:
        first, last = (_number_text(n, "xsd:nonNegativeInteger") for n in (start, end))
        return (
            (node, _text("nif:referenceContext"), self._context),
            (node, _text("nif:beginIndex"), first),
            (node, _text("nif:endIndex"), last),
            (node, _text("nif:anchorOf"), str(Literal(self._written[start:end]))),
        )

    def _entity(self, id_: str) -> str:
        return iri("kge", id_, self._base)

    def _hashed(self, prefix: str, letter: str, *parts: str) -> str:
        return f"<{iri(prefix, letter + _hash(self._paper.id, *parts), self._base)}>"

    def _sentence(self, sentence: Sentence) -> str:
        key = sentence.start, sentence.end
        node = self._sentences.get(key)
        if node is None:
            node = self._hashed("kgs", "s-", str(sentence.start), str(sentence.end))
            self._sentences[key] = node
        return node

    def _mention(self, entity: PaperEntity, mention: Mention) -> str:
        key = mention.start, mention.end, entity.id
        node = self._mentions.get(key)
        if node is None:
            node = self._hashed("kgm", "m-", str(mention.start), str(mention.end), entity.id)
            self._mentions[key] = node
        return node

    def _claim(self, statement: tuple[str, str, str]) -> str:
        return self._hashed("kgc", "c-", *(x.removeprefix(self._base) for x in statement))


@dataclass(frozen=True, slots=True)
class _Claim:
    """A statement, by its IRIs, with what it rests on."""

    statement: tuple[str, str, str]
    confidence: float
    evidence: Sentence
    parts: tuple[PaperEntity, ...]


def _covers(sentence: Sentence, mention: Mention) -> bool:
    return sentence.start <= mention.start and mention.end <= sentence.end


def _node(prefix: str, local: str, run: Run) -> NamedNode:
    return NamedNode(iri(prefix, local, run.base))


def _graph(paper: Paper, run: Run) -> str:
    """Return the named graph of *paper* as N-Triples has it."""
    return str(_node("kgg", paper.id, run))


def _result_node(paper: Paper, result: Result, base: str) -> NamedNode:
    key = (
        paper.id,
        result.subject,
        result.dataset or "",
        result.metric or "",
        str(result.start),
        str(result.end),
    )
    return NamedNode(iri("kgres", "r-" + _hash(*key), base))


def _source_id(name: str) -> str:
    return "f-" + _hash(name)


def _options_text(run: Run) -> str:
    return "\n".join(f"{name}={value}" for name, value in run.options)


def _hash(*parts: str) -> str:
    return sha256("|".join(parts).encode()).hexdigest()[:12]


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=_term("xsd:integer"))


@cache
def _decimal(number: float) -> str:
    """Return a confidence as N-Triples has it."""
    return f'"{_shortest(f"{number:.3f}")}"^^{_text("xsd:decimal")}'


def _shortest(decimal: str) -> str:
    """Return the canonical form of xsd:decimal (XML Schema 1.0, part 2, 3.2.3.2), as stores do."""
    whole, _, fraction = decimal.partition(".")
    return f"{whole.lstrip('0') or '0'}.{fraction.rstrip('0') or '0'}"


def _number(value: str) -> tuple[str | None, str]:
    """Return the one number of *value* in the lexical form of xsd:decimal, and its unit."""
    match = _NUMBER.fullmatch(value)
    if match is None or re.search(r"\d", match[3]):
        return None, ""
    sign = "-" if match[1] in {"-", "−"} else ""
    digits = match[2].replace(",", "")
    return sign + _shortest(digits), match[3]


def _web(url: str) -> NamedNode | None:
    """Return *url* as an IRI, with what an IRI may not hold percent-encoded; None if it is none."""
    try:
        return NamedNode(quote(url, safe="!#$%&'()*+,/:;=?@[]~-._"))
    except ValueError:
        return None
