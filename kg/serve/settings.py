"""How a graph is served, and what a client may take of it."""

from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Limits", "Settings"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take: times in seconds, sizes in bytes."""

    query: float = 30.0
    body: int = 1 << 20
    answer: int = 1 << 28
    #: how many queries are answered at once; the others wait for *patience*
    at_once: int = 8
    patience: float = 30.0
    #: how long a client may take to send its request, and to fetch the answer
    sending: float = 10.0
    fetching: float = 120.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How a graph is served; *cors* is the origin that pages may come from, or ``*``."""

    output: Path
    cors: str | None = None
    services: tuple[str, ...] = ()
    memory: bool | None = None
    limits: Limits = field(default_factory=Limits)
