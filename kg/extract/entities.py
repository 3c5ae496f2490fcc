"""The entities of a paper: what the finders found, joined, weighed and placed."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup

from kg.extract.benchmarks import is_called_benchmark
from kg.extract.names import ByKey, is_cased, key, same_case, scan, singular, surest, words
from kg.extract.sentences import text_of, title_end
from kg.extract.tokens import SpanMaker
from kg.extract.weights import Weights

if TYPE_CHECKING:
    from kg.extract.learnt_entities import Verdict
    from kg.extract.tagger import Tagger

__all__ = ["PHENOMENA", "PRECEDENCE", "THRESHOLDS", "Entities", "Group", "candidates", "features"]

#: Whose word counts first for the type and the name of an entity.
PRECEDENCE = ("tagger", "lexicon", "short_forms", "long_forms", "coined", "phrases")
#: How sure one must be of an entity whose first finder in ``PRECEDENCE`` it is; what the trained
#: tagger has judged goes by its own bar.
THRESHOLDS = {
    "tagger": 0.5,
    "lexicon": 0.4,
    "short_forms": 0.4,
    "long_forms": 0.4,
    "coined": 0.4,
    "phrases": 0.4,
}
#: Keys of phenomena, which are no entities (GUIDELINES.md, section 1), however well defined.
PHENOMENA = frozenset(
    key(name)
    for name in (
        "catastrophic forgetting",
        "catastrophic interference",
        "hallucination",
        "grokking",
        "exposure bias",
        "inductive bias",
        "emergent abilities",
        "scaling law",
        "artificial general intelligence",
        "loss landscape",
        "spurious correlation",
        "distribution shift",
        "covariate shift",
        "concept drift",
        "overfitting",
        "mode collapse",
        "posterior collapse",
        "state of the art",
    )
)
#: Words that begin with so many of the same letters are taken for one word.
_STEM = 4
_LOWER_TYPES = frozenset({"Task", "Metric"})
_SETS = frozenset({"Dataset", "Benchmark"})


@dataclass
class Group:
    """A candidate: the spellings that are one thing in this paper, and who found them."""

    keys: set[str] = field(default_factory=set)
    surfaces: Counter[str] = field(default_factory=Counter)
    sources: dict[str, set[str]] = field(default_factory=dict)
    known: str = ""
    known_type: str = ""
    generic: bool = False
    short: str = ""
    long: str = ""
    verdict: "Verdict | None" = None
    places: list[tuple[int, int]] = field(default_factory=list)

    def take(self, other: "Group") -> None:
        """Join *other* into this candidate."""
        self.keys |= other.keys
        self.surfaces.update(other.surfaces)
        for source, labels in other.sources.items():
            self.sources.setdefault(source, set()).update(labels)
        if other.known and not self.known:
            self.known, self.known_type, self.generic = (
                other.known,
                other.known_type,
                other.generic,
            )
        self.short = self.short or other.short
        self.long = self.long or other.long

    def forget_lexicon(self) -> None:
        """Drop what the lexicon said of the name: it knows it as another thing."""
        self.known, self.known_type, self.generic = "", "", False
        self.sources.pop("lexicon", None)

    @property
    def first(self) -> str:
        """The finder that counts first."""
        return next((s for s in PRECEDENCE if s in self.sources), "")


def candidates(doc: Doc) -> list[Group]:
    """Return what the finders of *doc* found, by place; spellings and forms of a name are one."""
    by_key: dict[str, Group] = {}
    text = text_of(doc)
    for source in PRECEDENCE:
        spans = doc.spans.get(source)
        if spans is None:
            continue
        attrs = spans.attrs
        for number, span in enumerate(spans):
            # span.text puts the words together anew each time
            surface = text[span.start_char : span.end_char]
            name = key(surface)
            group = by_key.get(name)
            if group is None:
                group = by_key[name] = Group(keys={name})
            group.surfaces[surface] += 1
            group.sources.setdefault(source, set()).add(span.label_)
            if source == "lexicon" and not group.known:
                group.known, group.known_type = span.kb_id_, span.label_
                group.generic = bool(attrs["generic"][number]) if "generic" in attrs else False
            if source == "lexicon" and span.kb_id_:
                _join(by_key, Group(keys={name, "=" + key(span.kb_id_)}))
    for short, long in zip(
        doc.spans.get("short_forms", ()), doc.spans.get("long_forms", ()), strict=True
    ):
        pair = Group(keys={key(short.text), key(long.text)}, short=short.text, long=long.text)
        _join(by_key, pair)
    groups = {id(group): group for group in by_key.values()}
    for group in groups.values():
        if group.long and _means_another(group.known, group.long):
            group.forget_lexicon()
    return _placed(text, list(groups.values()))


def _means_another(known: str, long: str) -> bool:
    """Tell whether *known*, if it is spelt out, shares no word with what the text spells out."""
    one, two = ({key(w)[:_STEM] for w in re.split(r"[\s-]+", name)} for name in (known, long))
    return " " in known and one.isdisjoint(two)


def _join(by_key: dict[str, Group], group: Group) -> None:
    for name in sorted(group.keys):
        other = by_key.get(name)
        if other is not None and other is not group:
            other.take(group)
            group = other
    for name in sorted(group.keys):
        by_key[name] = group


def _placed(text: str, groups: list[Group]) -> list[Group]:
    """Set the places of all *groups*; those without any are left out."""
    table = ByKey[list[tuple[str, Group]]]()
    for group in groups:
        for surface in group.surfaces:
            table.setdefault(key(surface), []).append((surface, group))
    for start, end, owners in scan(words(text), table, text):
        for surface, group in owners:
            if same_case(surface, text[start:end], exact=not group.known):
                group.places.append((start, end))
                break
    return sorted((g for g in groups if g.places), key=lambda g: (g.places[0], -g.places[0][1]))


_ENDING = re.compile(
    r"(?:[Bb]ench|[Nn]et|[Ff]ormer|BERT|GAN|QA|GPT|[Ee]val|LM|Set|CLIP|Diff|NeRF|GNN|RL|DB)$"
    r"|(?:BENCH|NET|FORMER|EVAL)$"
)
_NEXT = re.compile(r"[\s\"'”’)}]*([\w]+|[^\w\s])")
_BEFORE = re.compile(r"([\w]+|[^\w\s])[\s\"'“‘({]*$")


def features(text: str, title: int, group: Group) -> list[str]:
    """Return what speaks for or against a candidate being an entity, and of which type."""
    surface = max(group.surfaces, key=lambda s: (group.surfaces[s], len(s), s))
    parts = re.findall(r"[^\W_]+", group.long or surface)
    count = len(group.places)
    in_title = group.places[0][0] < title
    name = key(group.known or group.long or surface)
    first = group.first
    found = [
        "bias",
        f"name={name}",
        f"head={key(parts[-1])}",
        f"left={parts[0].lower()}",
        f"length={min(len(parts), 5)}",
        f"count={min(count, 4)}",
        f"title={in_title}",
        f"shape={_shape(surface)}",
        f"first={first}",
        f"first={first},title={in_title},count={min(count, 3)}",
        f"pair={bool(group.short)}",
    ]
    found += [f"inner={key(part)}" for part in parts[1:-1]]
    if len(parts) > 1:
        found.append(f"tail={key(parts[-2])} {key(parts[-1])}")
    for source, labels in sorted(group.sources.items()):
        found += [f"source={source}"] + [f"source={source}:{label}" for label in sorted(labels)]
    if group.known:
        found.append(f"known={group.known_type},{group.generic}")
        if group.generic:
            found.append(f"generic,title={in_title},count={min(count, 3)},pair={bool(group.short)}")
    found += [f"end={_ending(surface)}", f"end2={surface[-3:].lower()}"]
    return found + sorted(_contexts(text, group.places))


def _contexts(text: str, places: list[tuple[int, int]]) -> set[str]:
    found: set[str] = set()
    for start, end in places[:4]:
        after = _NEXT.match(text, end)
        before = _BEFORE.search(text[max(0, start - 30) : start])
        one = after[1].lower() if after else "$"
        if end < len(text) and text[end] == "-":
            one = "-" + (m[0].lower() if (m := re.compile(r"\w+").match(text, end + 1)) else "")
        found.add(f"next={_common(one)}")
        found.add(f"prev={_common(before[1].lower()) if before else '^'}")
    return found


def _common(word: str) -> str:
    return "0" if word.isdigit() else word


def _shape(surface: str) -> str:
    letters = [c for c in surface if c.isalpha()]
    if not letters:
        return "0"
    capitals = sum(c.isupper() for c in letters)
    digits = "0" if any(c.isdigit() for c in surface) else ""
    dash = "-" if "-" in surface else ""
    if capitals == 0:
        return "lower" + digits
    if capitals == len(letters):
        return "UPPER" + digits + dash
    words_ = surface.replace("-", " ").split()
    if all(w[:1].isupper() and w[1:].islower() for w in words_):
        return "Title" + (digits or str(min(len(words_), 2)))
    if surface[0].isupper() and capitals == 1:
        return "First" + digits
    return "Camel" + digits + dash


def _ending(surface: str) -> str:
    match = _ENDING.search(surface)
    return match[0].upper() if match else "-"


def _name(group: Group, kind: str, *, generic: bool) -> str:
    """Return the best-known form of a candidate's name (GUIDELINES.md, section 2)."""
    if group.known:
        return group.known
    if group.short and group.long:
        common = group.long.islower() and kind != "Benchmark" and "coined" not in group.sources
        if generic or kind in _LOWER_TYPES or common:
            return singular(_lowered(group.long))
        return singular(group.short) if re.search(r"[A-Z]s$", group.short) else group.short
    surface = max(
        group.surfaces, key=lambda s: (group.surfaces[s], not s[:1].isupper(), -len(s), s)
    )
    if generic or kind in _LOWER_TYPES or not _proper(surface):
        return singular(_lowered(surface))
    return singular(surface) if surface[-1:] == "s" and surface[-2:-1].isupper() else surface


def _proper(surface: str) -> bool:
    return bool(re.search(r"\d|\w[A-Z]|^[A-Z][\w-]*$", surface)) or surface.istitle()


def _lowered(name: str) -> str:
    """Return *name* in lower case, but for words such as BLEU, 3D or mAP."""
    return " ".join(
        "-".join(
            p if re.search(r"[A-Z].*[A-Z]|\d|[a-z][A-Z]", p) else p.lower() for p in w.split("-")
        )
        for w in name.split()
    )


@Language.factory(
    "kg_entities",
    requires=["doc.spans"],
    assigns=["doc.spans"],
    default_config={"thresholds": THRESHOLDS},
)
class Entities:
    """Joins what the finders found into ``doc.spans["kg"]``, the mentions by place.

    A span's ``id_`` is the entity's key within the paper, ``label_`` its type and ``kb_id_`` its
    name; ``doc.spans["kg"].attrs["confidence"]`` runs in parallel. ``doc.user_data["kg_entities"]``
    is plain data: for each key a dict with name, type, generic, confidence, sources and pair
    (whether the text defines a short form).
    """

    def __init__(self, nlp: Language, name: str, thresholds: dict[str, float]) -> None:
        self.name = name
        self._nlp = nlp
        self.thresholds = thresholds
        self.weights = Weights.shipped("entities")

    def __call__(self, doc: Doc) -> Doc:
        """Find the entities of *doc*."""
        make = SpanMaker(doc)
        kept = list(self._kept(doc))
        facts: dict[str, dict[str, Any]] = {}
        ids = [self._register(facts, *chosen) for chosen in kept]
        places = [(*place, n) for n, (group, _, _) in enumerate(kept) for place in group.places]
        spans, sure = [], []
        tagger = self._tagger(doc)
        steps = tagger.knobs.steps if tagger else 0
        for start, end, number in surest(places, [sure for _, _, sure in kept], steps):
            id_ = ids[number]
            fact = facts[id_]
            span = make(start, end, label=fact["type"], kb_id=fact["name"], span_id=id_)
            if span is not None:
                spans.append(span)
                sure.append(round(kept[number][2], 3))
        placed = {span.id_ for span in spans}
        doc.spans["kg"] = SpanGroup(doc, name="kg", spans=spans, attrs={"confidence": sure})
        doc.user_data["kg_entities"] = {id_: f for id_, f in facts.items() if id_ in placed}
        return doc

    def _kept(self, doc: Doc) -> Iterator[tuple[Group, str, float]]:
        """Yield the candidates that are sure enough, with their type and confidence."""
        title, text = title_end(doc), text_of(doc)
        groups = [group for group in candidates(doc) if not group.keys & PHENOMENA]
        tagger = self._tagger(doc)
        if tagger:
            for group, verdict in zip(
                groups, tagger.judge(doc, [group.places for group in groups]), strict=True
            ):
                group.verdict = verdict
        for group in groups:
            if tagger and group.verdict:
                bar = self.thresholds["tagger"]
                if tagger.is_hopeless(group.verdict, bar):
                    continue
                kind, confidence = tagger.pooled(group.verdict, self._rules(text, title, group))
            else:
                kind, confidence = self._judge(text, title, group)
                bar = self.thresholds.get(group.first, 0.5)
            if confidence < bar:
                continue
            if kind in _SETS and is_called_benchmark(text, group.places):
                kind = "Benchmark"  # so the guidelines have it
            yield group, kind, confidence

    def _tagger(self, doc: Doc) -> "Tagger | None":
        """The trained tagger, if it has read *doc*."""
        if "tagger" not in doc.spans or "kg_tagger" not in self._nlp.pipe_names:
            return None
        tagger: Any = self._nlp.get_pipe("kg_tagger")
        return cast("Tagger", tagger)

    def _rules(self, text: str, title: int, group: Group) -> dict[str, float] | None:
        """The odds of a candidate by the weights of evidence, without the tagger's own word."""
        sources = {name: labels for name, labels in group.sources.items() if name != "tagger"}
        if not sources or not self.weights.outcomes:
            return None
        return self.weights.probabilities(features(text, title, replace(group, sources=sources)))

    def _register(
        self, facts: dict[str, dict[str, Any]], group: Group, kind: str, confidence: float
    ) -> str:
        """Add a candidate to *facts* and return its key there; one of the same name is joined."""
        generic = self._is_generic(group, kind)
        name = _name(group, kind, generic=generic)
        id_ = key(name) or name
        while id_ in facts and facts[id_]["type"] != kind:
            id_ += "'"
        labels = {f"{s}:{label}" if label else s for s, ls in group.sources.items() for label in ls}
        fact = facts.setdefault(
            id_,
            {"name": name, "type": kind, "generic": generic, "confidence": 0.0, "sources": []},
        )
        fact["pair"] = fact.get("pair", False) or bool(group.short)
        fact["sources"] = sorted({*fact["sources"], *labels})
        fact["confidence"] = max(fact["confidence"], round(confidence, 3))
        return id_

    def _judge(self, text: str, title: int, group: Group) -> tuple[str, float]:
        if not self.weights.outcomes:
            return group.known_type or min(group.sources.get("phrases", {"Method"})), 0.5
        odds = self.weights.probabilities(features(text, title, group))
        none = odds.pop("none", 0.0)
        best = max(sorted(odds), key=lambda kind: odds[kind])
        return best, 1 - none

    def _is_generic(self, group: Group, kind: str) -> bool:
        if group.verdict:
            return group.verdict.generic >= 0.5
        if group.known:
            return group.generic
        if kind not in {"Model", "Method"} or group.first == "coined":
            return False
        surface = group.long or next(iter(group.surfaces))
        return bool(_GENERIC.search(surface.lower())) and not is_cased(_lowered(surface))


_GENERIC = re.compile(
    r"(?:language|generative|foundation|diffusion|pre-?trained|neural|deep|vision|multimodal|base"
    r"|teacher|student|reward|world|latent variable|probabilistic|linear|generalist|specialist"
    r"|autoregressive|\w+-based) models?$|networks?$"
    r"|(?:supervised|transfer|meta|deep|machine|representation|reinforcement|contrastive|multi-task"
    r"|adversarial|in-context|active|self-supervised|unsupervised|curriculum|federated|ensemble"
    r"|imitation) ?-?learning$"
    r"|(?:fine-?tuning|pre-?training|prompting|tuning|distillation|pruning|quantization|augmentation)$"
)
