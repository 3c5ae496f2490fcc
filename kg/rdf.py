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
from urllib.parse import quote, urlsplit

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, serialize

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
    "entity_triples",
    "evidence_nquads",
    "evidence_quads",
    "paper_triples",
    "plain_triples",
    "relation_support",
    "run_id",
    "run_triples",
]

Support = Mapping[tuple[str, str, str], int]

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
    graph = _node("kgg", extraction.paper.id, run)
    for triple in _evidence_triples(extraction, run, support):
        yield Quad(triple.subject, triple.predicate, triple.object, graph)


def evidence_nquads(extraction: Extraction, run: Run, support: Support) -> bytes:
    """Return what :func:`evidence_quads` yields as N-Quads, in two thirds of the time."""
    graph = _node("kgg", extraction.paper.id, run)
    text = serialize(_evidence_triples(extraction, run, support), None, RdfFormat.N_TRIPLES) or b""
    # a line feed inside a literal is written as an escape, so that this is the end of a statement
    return text.replace(b" .\n", f" {graph} .\n".encode())


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


def _evidence_triples(extraction: Extraction, run: Run, support: Support) -> Iterator[Triple]:
    paper = extraction.paper
    # said once of the graph, not of each node in it: a tenth of all quads less
    graph, made_by = _node("kgg", paper.id, run), _node("kgr", run_id(run), run)
    yield Triple(graph, _term("prov:wasGeneratedBy"), made_by)
    context = _node("kgt", paper.id, run)
    yield Triple(context, _TYPE, _term("nif:Context"))
    yield Triple(context, _term("nif:isString"), Literal(paper.text))
    yield Triple(context, _term("dcterms:isPartOf"), _node("kgp", paper.id, run))
    for sentence in extraction.sentences:
        node = _sentence_node(paper, sentence, run)
        yield Triple(node, _TYPE, _term("nif:Sentence"))
        yield from _place(node, paper, (sentence.start, sentence.end), run)
    for entity in extraction.entities:
        for mention in entity.mentions:
            yield from _mention_triples(extraction, entity, mention, run)
    by_id = {entity.id: entity for entity in extraction.entities}
    for entity in extraction.entities:
        statement = Triple(
            _node("kgp", paper.id, run),
            NamedNode(KGO + entity.role),
            _node("kge", entity.id, run),
        )
        claim = _Claim(statement, entity.role_confidence, entity.evidence, (entity,))
        yield from _claim_triples(paper, claim, run)
    for relation in extraction.relations:
        statement = _relation_triple(relation, run.base)
        parts = (by_id[relation.head], by_id[relation.tail])
        claim = _Claim(statement, relation.confidence, relation.evidence, parts)
        yield from _claim_triples(paper, claim, run)
        count = support[relation.head, relation.type.value, relation.tail]
        yield Triple(_claim_node(paper, claim, run), _term("kgo:support"), _integer(count))
    told = (t for result in extraction.results for t in _result_evidence(paper, result, run))
    yield from dict.fromkeys(told)  # two results can rest on one number


@dataclass(frozen=True, slots=True)
class _Claim:
    """A statement with what it rests on."""

    statement: Triple
    confidence: float
    evidence: Sentence
    parts: tuple[PaperEntity, ...]


def _mention_triples(
    extraction: Extraction, entity: PaperEntity, mention: Mention, run: Run
) -> Iterator[Triple]:
    paper = extraction.paper
    node = _mention_node(paper, entity, mention, run)
    yield Triple(node, _TYPE, _term("nif:Phrase"))
    yield from _place(node, paper, (mention.start, mention.end), run)
    for sentence in extraction.sentences:
        if sentence.start <= mention.start < sentence.end:
            yield Triple(node, _term("nif:superString"), _sentence_node(paper, sentence, run))
    yield Triple(node, _term("itsrdf:taIdentRef"), _node("kge", entity.id, run))
    yield Triple(node, _term("itsrdf:taClassRef"), NamedNode(KGO + entity.type))
    yield Triple(node, _term("itsrdf:taConfidence"), _decimal(mention.confidence))


def _claim_triples(paper: Paper, claim: _Claim, run: Run) -> Iterator[Triple]:
    node = _claim_node(paper, claim, run)
    yield Triple(node, _TYPE, _term("rdf:Statement"))
    yield Triple(node, _TYPE, _term("kgo:Claim"))
    yield Triple(node, _term("rdf:subject"), claim.statement.subject)
    yield Triple(node, _term("rdf:predicate"), claim.statement.predicate)
    yield Triple(node, _term("rdf:object"), claim.statement.object)
    yield Triple(node, _term("kgo:inPaper"), _node("kgp", paper.id, run))
    yield Triple(node, _term("kgo:confidence"), _decimal(claim.confidence))
    yield Triple(node, _term("prov:wasDerivedFrom"), _sentence_node(paper, claim.evidence, run))
    named = 0
    for entity in claim.parts:
        inside = [m for m in entity.mentions if _covers(claim.evidence, m)]
        named += bool(inside)
        for mention in inside:
            node_of = _mention_node(paper, entity, mention, run)
            yield Triple(node, _term("prov:wasDerivedFrom"), node_of)
    grounding = {len(claim.parts): "verbatim", 0: "document"}.get(named, "sentence")
    yield Triple(node, _term("kgo:grounding"), Literal(grounding))


def _result_evidence(paper: Paper, result: Result, run: Run) -> Iterator[Triple]:
    node = _result_node(paper, result, run.base)
    yield Triple(node, _term("kgo:confidence"), _decimal(result.confidence))
    yield Triple(node, _term("prov:wasDerivedFrom"), _sentence_node(paper, result.evidence, run))
    # the number itself is a string of the text too
    number = _node("kgm", "m-" + _hash(paper.id, str(result.start), str(result.end), "value"), run)
    yield Triple(node, _term("prov:wasDerivedFrom"), number)
    yield Triple(number, _TYPE, _term("nif:Phrase"))
    yield from _place(number, paper, (result.start, result.end), run)
    yield Triple(number, _term("nif:superString"), _sentence_node(paper, result.evidence, run))


def _place(node: NamedNode, paper: Paper, span: tuple[int, int], run: Run) -> Iterator[Triple]:
    start, end = span
    yield Triple(node, _term("nif:referenceContext"), _node("kgt", paper.id, run))
    yield Triple(
        node, _term("nif:beginIndex"), Literal(str(start), datatype=_term("xsd:nonNegativeInteger"))
    )
    yield Triple(
        node, _term("nif:endIndex"), Literal(str(end), datatype=_term("xsd:nonNegativeInteger"))
    )
    yield Triple(node, _term("nif:anchorOf"), Literal(paper.text[start:end]))


def _covers(sentence: Sentence, mention: Mention) -> bool:
    return sentence.start <= mention.start and mention.end <= sentence.end


def _node(prefix: str, local: str, run: Run) -> NamedNode:
    return NamedNode(iri(prefix, local, run.base))


def _sentence_node(paper: Paper, sentence: Sentence, run: Run) -> NamedNode:
    return _node("kgs", "s-" + _hash(paper.id, str(sentence.start), str(sentence.end)), run)


def _mention_node(paper: Paper, entity: PaperEntity, mention: Mention, run: Run) -> NamedNode:
    key = _hash(paper.id, str(mention.start), str(mention.end), entity.id)
    return _node("kgm", "m-" + key, run)


def _claim_node(paper: Paper, claim: _Claim, run: Run) -> NamedNode:
    s, p, o = (term.value for term in claim.statement)
    return _node("kgc", "c-" + _hash(paper.id, *(x.removeprefix(run.base) for x in (s, p, o))), run)


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


def _decimal(number: float) -> Literal:
    return Literal(_shortest(f"{number:.3f}"), datatype=_term("xsd:decimal"))


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
