"""Exceptions of the whole program, each with advice on retrying.

MonitorError              .permanent: bool   .retry_after: timedelta | None
├── ConfigError           config.yaml is invalid; .faults; exit status 2
├── Locked                another process holds this database; exit status 2
├── FetchError            .url  .status
│   ├── Unreachable       DNS, TLS, timeout, truncated body, 5xx   retry
│   ├── Throttled         429 or 503                               retry after retry_after
│   ├── Gone              404 or 410                               permanent if 410
│   └── Refused           address policy, robots.txt, size limit   permanent
├── ParseError            the bytes are not a feed
├── RuleError             invalid rule; .line  .column  .hint
├── TemplateError         a webhook template is invalid or cannot be rendered; .line
├── WorkerError           a worker process exceeded its time or memory limit, or died
├── StoreError            wraps every error of the database driver
│   └── StartStopped      stopped while the database was being prepared
└── DeliveryError         .channel  .served  .disable  .too_large

Not exceptions but return values: an unchanged feed, a page without an article, a lost lease.
"""

from collections.abc import Sequence
from datetime import timedelta


class MonitorError(Exception):
    """Base of all expected errors, with a message for users that contains no secrets.

    `permanent`: retrying is of no use; `retry_after`: the earliest sensible retry, None if unknown.
    """

    def __init__(
        self, message: str, *, permanent: bool = False, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


class ConfigError(MonitorError):
    """An invalid configuration; `faults` holds one formatted line per error, in file order."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults), permanent=True)
        self.faults = tuple(faults)


class Locked(MonitorError):
    """Another process holds the lock of this database."""


class FetchError(MonitorError):
    """A failed fetch of a page or feed.

    `url` is redacted; `status` is the HTTP status, None if there was no response.
    """

    def __init__(
        self,
        message: str,
        *,
        url: str,
        permanent: bool = False,
        retry_after: timedelta | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, permanent=permanent, retry_after=retry_after)
        self.url = url
        self.status = status


class Unreachable(FetchError):
    """A fetch that may succeed on retry: DNS, TLS, timeout, truncated body, 5xx."""


class Throttled(FetchError):
    """Status 429 or 503: the site asks clients to wait (RFC 6585, 4; RFC 9110, 15.6.4)."""


class Gone(FetchError):
    """Status 410 (permanent) or 404 (may be temporary)."""


class Refused(FetchError):
    """A fetch that the address policy, robots.txt or the size limit does not permit."""


class ParseError(MonitorError):
    """Bytes that are not a feed."""


class RuleError(MonitorError):
    """An invalid rule; `line` and `column` count from 1 within the rule's text."""

    def __init__(self, message: str, *, line: int, column: int, hint: str = "") -> None:
        super().__init__(message, permanent=True)
        self.line = line
        self.column = column
        self.hint = hint


class TemplateError(MonitorError):
    """A webhook template that is invalid or cannot be rendered.

    `line` counts from 1 within the template's text; None if unknown.
    """

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message, permanent=True)
        self.line = line


class WorkerError(MonitorError):
    """A worker process that exceeded its time or memory limit and was killed, or died."""


class StoreError(MonitorError):
    """A database error; the message names the file and the remedy."""


class StartStopped(StoreError):
    """The program was stopped while it prepared the database, which is left unchanged."""


class DeliveryError(MonitorError):
    """A message that at least one recipient did not accept.

    `served` names the recipients that accepted it; `too_large`: a smaller message may be accepted;
    `disable`: the channel must be disabled (the endpoint answered 410 Gone).
    """

    def __init__(
        self,
        message: str,
        *,
        channel: str,
        permanent: bool = False,
        retry_after: timedelta | None = None,
        served: Sequence[str] = (),
        disable: bool = False,
        too_large: bool = False,
    ) -> None:
        super().__init__(message, permanent=permanent, retry_after=retry_after)
        self.channel = channel
        self.served = tuple(served)
        self.disable = disable
        self.too_large = too_large
