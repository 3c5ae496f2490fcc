"""The settings of a build: one frozen value, filled from ``kg.toml`` and the command line."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path

from kg.errors import ConfigError
from kg.vocab import BASE

__all__ = ["Config", "read_config"]


_KINDS = {"cached": bool, "jobs": int, "strict": bool, "sync": bool, "tagger": bool}


@dataclass(frozen=True, slots=True)
class Config:
    """How to build; the defaults stand here and nowhere else.

    *base* begins every IRI; *format* names that of the input (None: each file by its content);
    *strict* stops at the first bad record; *tagger* uses the trained model; *decisions* is a CSV
    file of what a person said of candidates; *lexicon* a file or folder of names to know besides
    the shipped ones.

    *sync* makes the graph of the inputs alone, where a build else adds to what the folder holds.
    These change no byte: *jobs*, the number of processes (0: one a core); *cached*, whether texts
    read before are taken from the folder *cache* (None: that of the user); *engine*, ``local`` or
    ``dask``; *cluster*, the address of a running Dask scheduler.
    """

    base: str = BASE
    format: str | None = None
    strict: bool = False
    tagger: bool = True
    decisions: Path | None = None
    lexicon: Path | None = None
    sync: bool = False
    jobs: int = 0
    cached: bool = True
    cache: Path | None = None
    engine: str = "local"
    cluster: str | None = None


def read_config(path: Path | None, given: Mapping[str, object]) -> Config:
    """Return the settings: what was *given* (None: not given), else those of *path*, else defaults.

    Raises ``ConfigError`` for a file that is no TOML, an unknown key (the nearest known one is
    named), or a value of the wrong type.
    """
    settings = dict(_read(path)) if path is not None else {}
    settings |= {name: value for name, value in given.items() if value is not None}
    known = {field.name: field for field in fields(Config)}
    for name, value in settings.items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
            raise ConfigError(f"{path}: there is no setting {name!r}{hint}")
        settings[name] = _checked(name, value)
    return Config(**settings)  # type: ignore[arg-type]


def _read(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: is no TOML file ({error})") from error


def _checked(name: str, value: object) -> object:
    wanted: type = _KINDS.get(name, str)
    if name in {"cache", "decisions", "lexicon"} and isinstance(value, str | Path):
        return Path(value)
    if type(value) is not wanted:
        raise ConfigError(f"{name} must be a {wanted.__name__}, not {value!r}")
    if name == "base" and not (isinstance(value, str) and _is_base(value)):
        raise ConfigError(f"base must be an http(s) address that ends in / or #, not {value!r}")
    return value


def _is_base(text: str) -> bool:
    bad = any(c in '"<>{}|\\^`' or c <= " " for c in text)
    return text.startswith(("http://", "https://")) and text.endswith(("/", "#")) and not bad
