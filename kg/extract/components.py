"""Registers the factories of the pipeline with spaCy; import it to use them by name."""

from kg.extract.abbreviations import mark_abbreviations
from kg.extract.coined import mark_coined
from kg.extract.entities import Entities
from kg.extract.learnt_statements import Statements
from kg.extract.lexicon import Lexicon
from kg.extract.phrases import Phrases
from kg.extract.relations import Relations
from kg.extract.results import Results
from kg.extract.roles import Roles
from kg.extract.sentences import mark_sentences
from kg.extract.tagger import Tagger
from kg.extract.tokens import WordTokenizer

__all__ = [
    "Entities",
    "Lexicon",
    "Phrases",
    "Relations",
    "Results",
    "Roles",
    "Statements",
    "Tagger",
    "WordTokenizer",
    "mark_abbreviations",
    "mark_coined",
    "mark_sentences",
]
