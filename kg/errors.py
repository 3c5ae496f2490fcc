"""The errors of this package, one tree.

::

    KgError                     what the command line turns into one sentence and exit code 1
    ├── InputError              an input file or stream cannot be read as records
    │   ├── InputNotFoundError  no file, folder or match for what was given
    │   ├── FormatError         the content is in no known format, or not in the one named
    │   └── RecordError         a record is unusable (only with --strict: else it is skipped)
    ├── ConfigError             kg.toml, an option or a data file is wrong
    ├── ExtractionError         the pipeline cannot be made or run
    ├── FetchError              a service cannot be reached, or does not answer as it should
    ├── GraphError              a folder that should hold a graph does not, or is damaged
    ├── QueryError              a query is wrong, or was stopped by a limit
    ├── ExportError             there is no writer for a format, or the writing failed
    └── OutputError             the output folder cannot be written
"""

__all__ = [
    "ConfigError",
    "ExportError",
    "ExtractionError",
    "FetchError",
    "FormatError",
    "GraphError",
    "InputError",
    "InputNotFoundError",
    "KgError",
    "OutputError",
    "QueryError",
    "RecordError",
]


class KgError(Exception):
    """The base of all errors that a user can do something about; ``str()`` is one sentence."""


class InputError(KgError):
    """An input cannot be read; *source* (path or ``-``) and *line* say where, if known."""

    def __init__(self, message: str, *, source: str = "", line: int | None = None) -> None:
        self.message = message
        self.source = source
        self.line = line
        super().__init__(message)

    def __str__(self) -> str:
        """Return ``source, line n: message``, leaving out what is not known."""
        place = self.source + (f", line {self.line}" if self.line is not None else "")
        return f"{place}: {self.message}" if place else self.message


class InputNotFoundError(InputError, FileNotFoundError):
    """Nothing is there under the given path or pattern."""


class FormatError(InputError, ValueError):
    """The content is in no known format, or not in the one that was named."""


class RecordError(InputError, ValueError):
    """One record cannot be used: broken JSON, no title, no abstract, and the like."""


class ConfigError(KgError, ValueError):
    """A setting or a data file has a wrong value, an unknown key or a clash."""


class ExtractionError(KgError, RuntimeError):
    """The extraction pipeline cannot be made, or broke on a paper."""


class FetchError(KgError):
    """A service of papers cannot be reached, or does not answer as it should."""


class GraphError(KgError):
    """A folder holds no graph, or one that this version cannot read."""


class QueryError(KgError, ValueError):
    """A SPARQL query is wrong, or ran into a limit."""


class ExportError(KgError, ValueError):
    """No writer is known for a format, or the writing failed."""


class OutputError(KgError, OSError):
    """The output cannot be written; what was there before is untouched."""

    def __str__(self) -> str:
        """Return the sentence alone (an OSError would add its error number)."""
        return str(self.args[0]) if self.args else ""
