"""Ask one service politely: one request at a time, never too soon, again if that may help."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import httpx
import tenacity

from kg import __version__
from kg.cache import cache_folder as caches
from kg.errors import FetchError
from kg.fetch.sources import MalformedError, Params, Source

__all__ = ["Client", "Manners", "RefusedError", "cache_folder"]

_T = TypeVar("_T")
_HOUR = 3_600
_LARGEST = 256 << 20
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class RefusedError(FetchError):
    """The service understood the request and will not answer it, however often it is asked."""


class _PassingError(Exception):
    """What may be over when asked again, after *wait* seconds if the service says so."""

    def __init__(self, message: str, wait: float = 0) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Manners:
    """Seconds between requests (None: what the service asks for) and for an answer; how often.

    *patience* is the longest time in seconds that a service may make us wait.
    """

    interval: float | None = None
    timeout: float = 60
    tries: int = 6
    patience: float = 300


def cache_folder() -> Path:
    """Return the folder of answers, which may be deleted at any time."""
    return caches() / "fetch"


class Client:
    """A connection to *source*, at *url* if that is a mirror.

    Answers are kept in the folder *cache* for an hour, without the key. *tell* is told in words of
    what makes us wait.
    """

    def __init__(
        self,
        source: Source,
        *,
        url: str = "",
        manners: Manners | None = None,
        cache: Path | None = None,
        tell: Callable[[str], object] = str,
    ) -> None:
        self.keyed = bool(source.key and os.environ.get(source.key, "").strip())
        self._source = source
        self._url = httpx.URL(url or source.url)
        self._manners = manners or Manners()
        self._interval = (
            source.interval if self._manners.interval is None else self._manners.interval
        )
        self._tell = tell
        self._reached = False
        self._not_before = 0.0
        contact = os.environ.get("KG_MAILTO")
        headers = {
            "User-Agent": f"papers-kg/{__version__}" + f" (mailto:{contact})" * bool(contact)
        }
        place, _, name = source.key_in.partition(":")
        key = {name: os.environ[source.key].strip()} if self.keyed else {}
        self._secret = key if place == "parameter" else {}
        self._http = httpx.Client(
            headers=headers | (key if place == "header" else {}),
            timeout=httpx.Timeout(self._manners.timeout, connect=min(self._manners.timeout, 15)),
            limits=httpx.Limits(max_connections=1),
        )
        self._cache = cache
        _sweep(cache)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, params: Params, read: Callable[[bytes, Params], _T]) -> _T:
        """Return what *read* makes of the answer to *params*.

        A ``MalformedError`` of *read* means that the answer is asked for again. Raises
        ``RefusedError`` if the service will not answer, ``FetchError`` if it cannot be reached or
        all tries failed.
        """
        url = self._url.copy_merge_params(params)
        kept = self._cache and self._cache / sha256(str(url).encode()).hexdigest()
        if kept:
            with suppress(OSError, MalformedError):
                return read(kept.read_bytes(), params)
        backoff = tenacity.wait_exponential(
            self._interval, max=self._manners.patience
        ) + tenacity.wait_random(0, self._interval)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_PassingError),
            stop=tenacity.stop_after_attempt(self._manners.tries),
            wait=lambda state: max(backoff(state), _asked_wait(state)),
            before_sleep=self._tell_wait,
            reraise=True,
        )
        try:
            outcome: tuple[bytes, _T] = retrying(self._ask, url, lambda body: read(body, params))
        except _PassingError as error:
            raise FetchError(
                f"{url} {error}, {self._manners.tries} times in a row; run the same command later, "
                "and it goes on from here"
            ) from error
        if kept:
            self._keep(kept, outcome[0])
        return outcome[1]

    def _ask(self, url: httpx.URL, read: Callable[[bytes], _T]) -> tuple[bytes, _T]:
        time.sleep(max(0, self._not_before - time.monotonic()))
        try:
            with self._http.stream("GET", url.copy_merge_params(self._secret)) as response:
                self._reached = True
                if response.status_code != httpx.codes.OK:
                    raise self._refusal(url, response)
                body = b"".join(self._in_time(response))
            return body, read(body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            if self._reached:
                raise _PassingError(f"is out of reach ({error})") from error
            raise FetchError(
                f"{url.host} cannot be reached ({error or 'no answer'}): check the network and "
                "HTTPS_PROXY, or name a mirror with --url; nothing is lost, and the same command "
                "goes on from here"
            ) from error
        except httpx.TimeoutException as error:
            raise _PassingError(f"was silent for {self._manners.timeout:g} seconds") from error
        except httpx.RequestError as error:
            raise _PassingError(f"broke off ({error})") from error
        except MalformedError as error:
            raise _PassingError(f"answered what {error}") from error
        finally:
            self._not_before = time.monotonic() + self._interval

    def _in_time(self, response: httpx.Response) -> Iterator[bytes]:
        # httpx limits the time between two pieces; a server that drips would hold us for ever
        end = time.monotonic() + 5 * self._manners.timeout
        size = 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if time.monotonic() > end or size > _LARGEST:
                raise _PassingError("sends without end")
            yield chunk

    def _refusal(self, url: httpx.URL, response: httpx.Response) -> Exception:
        status = f"answered {response.status_code} {response.reason_phrase}".rstrip()
        # read to its end, so that the connection can be used again
        said = b"".join(self._in_time(response))[:300].decode(errors="replace")
        if response.status_code in _PASSING:
            wait = _seconds(response.headers.get("Retry-After", ""))
            if wait <= self._manners.patience:
                return _PassingError(status, wait)
            return FetchError(
                f"{url} {status} and asks to wait {wait:,.0f} seconds; run the same command then, "
                "and it goes on from here"
            )
        if response.is_redirect:
            place = response.headers.get("Location", "elsewhere")
            return RefusedError(f"{url} has moved to {place}; give the new address with --url")
        key, hint = self._source.key, ""
        if key and response.status_code in {401, 403}:
            hint = f" (is the key in {key} right?)" if self.keyed else f" (a key in {key} may help)"
        return RefusedError(f"{url} {status}{hint}: {' '.join(said.split())}")

    def _tell_wait(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome and state.outcome.exception()
        self._tell(
            f"{self._url.host} {error}; try {state.attempt_number + 1} of {self._manners.tries} "
            f"in {state.upcoming_sleep:.0f} s"
        )

    def _keep(self, path: Path, body: bytes) -> None:
        draft = path.with_suffix(f".{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(body)
            draft.replace(path)
        except OSError as error:
            self._cache = None
            self._tell(f"{path.parent}: no answers are kept here ({error.strerror})")


def _sweep(cache: Path | None) -> None:
    """Remove what is older than an hour: the lists of the services grow all day."""
    for path in cache.glob("*") if cache else ():
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - _HOUR:
                path.unlink()


def _asked_wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome and state.outcome.exception()
    return error.wait if isinstance(error, _PassingError) else 0


def _seconds(retry_after: str) -> float:
    """Return how long a ``Retry-After`` (RFC 9110, 10.2.3: seconds or a date) asks to wait."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        then = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0
    return max(0, (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
