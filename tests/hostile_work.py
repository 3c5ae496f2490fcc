"""Functions for workers that do not always end well."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path


def lengths(words: Sequence[str]) -> list[int]:
    """Return the length of each word; ``kill`` ends the process, ``sleep`` does not end."""
    for word in words:
        if word == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "sleep":
            time.sleep(3600)
        if word == "raise":
            raise ValueError(word)
        if word.startswith("once:"):  # kills the first that comes, and leaves a mark
            mark = Path(word.removeprefix("once:"))
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
    return [len(word) for word in words]


def nice(some: Sequence[str]) -> list[int]:
    """Return for each how nice (POSIX) the process is to others."""
    return [os.getpriority(os.PRIO_PROCESS, 0) for _ in some]
