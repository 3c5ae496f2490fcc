"""One entity for one thing, in every paper and however it is spelled.

Names meet if they have the same :func:`kg.names.key`, if the corpus defines one as the short form
of the other, if the alias table says so, or if a person decided it. Nothing else merges: names that
differ in a number, version or size never do, and what only looks alike is listed as a candidate.
The type of a name is no part of its identity.
"""

from kg.canonicalise.groups import reduce_groups
from kg.canonicalise.naming import Decision, short_forms
from kg.canonicalise.papers import Outline, Papers, Read
from kg.canonicalise.remembered import Remembered
from kg.canonicalise.run import Canonical, canonicalise

__all__ = [
    "Canonical",
    "Decision",
    "Outline",
    "Papers",
    "Read",
    "Remembered",
    "canonicalise",
    "reduce_groups",
    "short_forms",
]
