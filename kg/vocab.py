"""Namespaces, IRIs and the table that ties our types, roles and relations to terms.

Plain strings, so that nothing heavy is imported. The terms and the reasons for them stand in
``docs/rdf.md``.
"""

import re
import unicodedata
from typing import Final

from kg.model import EntityType

__all__ = [
    "BASE",
    "CLASS_TERMS",
    "KGO",
    "PREFIXES",
    "iri",
    "prefixes",
    "slug",
]

#: The base of all IRIs unless ``--base`` says otherwise; the ontology always stays under it.
BASE: Final = "https://w3id.org/papers-kg/"
#: The namespace of our classes and properties; it does not move with ``--base``.
KGO: Final = BASE + "ontology#"

#: Public vocabularies that the graph uses, by prefix.
PREFIXES: Final[dict[str, str]] = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "fabio": "http://purl.org/spar/fabio/",
    "itsrdf": "http://www.w3.org/2005/11/its/rdf#",
    "kgo": KGO,
    "mls": "http://www.w3.org/ns/mls#",
    "nif": "http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prism": "http://prismstandard.org/namespaces/basic/2.0/",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "void": "http://rdfs.org/ns/void#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

#: Where each kind of node lives below the base, by its prefix.
_PATHS: Final = {
    "kgp": "paper/",
    "kge": "entity/",
    "kgt": "text/",
    "kgs": "sentence/",
    "kgm": "mention/",
    "kgc": "claim/",
    "kgres": "result/",
    "kgr": "run/",
    "kgsrc": "source/",
    "kgg": "graph/",
}

#: The classes of an entity: a benchmark is materialised as a dataset too, since neither rdflib nor
#: Oxigraph reasons.
CLASS_TERMS: Final[dict[EntityType, tuple[str, ...]]] = {
    EntityType.MODEL: (KGO + "Model",),
    EntityType.METHOD: (KGO + "Method",),
    EntityType.DATASET: (KGO + "Dataset", PREFIXES["schema"] + "Dataset"),
    EntityType.BENCHMARK: (
        KGO + "Benchmark",
        KGO + "Dataset",
        PREFIXES["schema"] + "Dataset",
    ),
    EntityType.TASK: (KGO + "Task",),
    EntityType.METRIC: (KGO + "Metric",),
}

_SPECIAL = {"+": "-plus", "#": "-sharp"}


def prefixes(base: str = BASE) -> dict[str, str]:
    """Return every prefix of our files and queries, sorted; those of nodes lie below *base*."""
    return dict(sorted({**PREFIXES, **{p: base + path for p, path in _PATHS.items()}}.items()))


def iri(prefix: str, local: str, base: str = BASE) -> str:
    """Return the IRI of a node: its namespace below *base* by *prefix*, and its *local* part.

    >>> iri("kge", "lora")
    'https://w3id.org/papers-kg/entity/lora'
    """
    return base + _PATHS[prefix] + local


def slug(name: str) -> str:
    """Return the local part of the IRI of the entity *name*; empty if no letter or digit is left.

    Letters and digits are kept in their folded form (letters beyond ASCII lose their accents, or
    become their hexadecimal code points), ``+`` and ``#`` are spelt out, the rest parts words.

    >>> slug("GPT-3.5"), slug("GPT-35"), slug("C++"), slug("C#")
    ('gpt-3-5', 'gpt-35', 'c-plus-plus', 'c-sharp')
    """
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    if not text.isascii():
        text = "".join(_letter(c) for c in text if not unicodedata.combining(c))
    for sign, word in _SPECIAL.items():
        text = text.replace(sign, word)
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def _letter(character: str) -> str:
    if character.isascii():
        return character
    return f"u{ord(character):x}" if character.isalnum() else "-"
