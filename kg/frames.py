"""The graph of an output folder as pandas tables, and in NetworkX."""

from pathlib import Path
from typing import TYPE_CHECKING

from kg.export.parquet import TABLES, rows
from kg.export.source import Source
from kg.graph import to_networkx

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

__all__ = ["load_networkx", "load_tables"]


def load_tables(output: str | Path) -> dict[str, "pd.DataFrame"]:
    """Return the tables of the folder *output* by name, with the columns of the Parquet export.

    Raises ``GraphError`` if the folder holds no graph; needs pandas.
    """
    import pandas as pd  # noqa: PLC0415 - not everybody has it

    source = Source(Path(output))
    return {
        name: pd.DataFrame.from_records(list(rows(source, name)), columns=list(columns))
        for name, columns in TABLES.items()
    }


def load_networkx(output: str | Path) -> "nx.MultiDiGraph[str]":
    """Return the graph of the folder *output* in NetworkX, as ``kg.to_networkx`` makes it.

    Raise ``GraphError`` if the folder holds no graph.
    """
    source = Source(Path(output))
    return to_networkx(source.extractions(), source.all_entities())
