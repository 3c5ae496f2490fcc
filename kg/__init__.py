"""A knowledge graph of machine-learning papers, read from their titles and abstracts.

Everything here is imported when it is first used, so that ``import kg`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kg.config import Config
    from kg.errors import KgError
    from kg.extract import load_pipeline
    from kg.frames import load_networkx, load_tables
    from kg.graph import to_networkx
    from kg.loading import load
    from kg.model import Entity, Extraction, Paper
    from kg.notebook import view
    from kg.read import read_papers
    from kg.records import read_jsonl

__version__ = "0.1.0"

# No name here is that of a module of ours: importing the module would put it in the name's place.
_HOME = {
    "Config": "kg.config",
    "Entity": "kg.model",
    "Extraction": "kg.model",
    "KgError": "kg.errors",
    "Paper": "kg.model",
    "load": "kg.loading",
    "load_networkx": "kg.frames",
    "load_pipeline": "kg.extract",
    "load_tables": "kg.frames",
    "read_jsonl": "kg.records",
    "read_papers": "kg.read",
    "to_networkx": "kg.graph",
    "view": "kg.notebook",
}

__all__ = [
    "Config",
    "Entity",
    "Extraction",
    "KgError",
    "Paper",
    "__version__",
    "load",
    "load_networkx",
    "load_pipeline",
    "load_tables",
    "read_jsonl",
    "read_papers",
    "to_networkx",
    "view",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name not in _HOME:
        raise AttributeError(f"module 'kg' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
