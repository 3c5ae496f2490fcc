"""The graph as pandas tables: papers, entities, mentions, claims, results."""

from pathlib import Path
from typing import TYPE_CHECKING

from kg.export.parquet import TABLES, rows
from kg.export.source import Source

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["frames"]


def frames(output: str | Path) -> dict[str, "pd.DataFrame"]:
    """Return the tables of the folder *output* by name, with the columns of the Parquet export.

    Raises ``GraphError`` if the folder holds no graph; needs pandas.
    """
    import pandas as pd  # noqa: PLC0415 - not everybody has it

    source = Source(Path(output))
    return {
        name: pd.DataFrame.from_records(list(rows(source, name)), columns=list(columns))
        for name, columns in TABLES.items()
    }
