"""Everything that can go wrong, and what the one who knows advises.

MonitorError              .permanent: bool   .retry_after: timedelta | None
├── ConfigError           a person must fix config.yaml; carries every fault; exit status 2
├── Locked                another process holds this database; exit status 2
├── FetchError            .url
│   ├── Unreachable       DNS, TLS, time-out, cut short, 5xx       try again
│   ├── Throttled         429 or 503                               try again after retry_after
│   ├── Gone              410, or 404                              permanent when 410
│   └── Refused           our own guard, robots, too big           permanent
├── ParseError            these bytes are not a feed
├── RuleError             this rule cannot be read (line, column, hint)
├── TemplateError         a webhook's template cannot be read or filled (line)
├── WorkerError           a killable worker ran out of time or memory, or died
├── StoreError            wraps every driver error
└── DeliveryError         .channel  .served  .disable  .too_large

Not errors: an unchanged feed, a page without an article, a job already taken. Those are values.
"""

from collections.abc import Sequence
from datetime import timedelta


class MonitorError(Exception):
    """Something a user or the network did; its text is fit for a person, without secrets."""

    def __init__(
        self, message: str, *, permanent: bool = False, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


class ConfigError(MonitorError):
    """The configuration is broken. `faults` holds one ready line a fault, in file order."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults), permanent=True)
        self.faults = tuple(faults)


class Locked(MonitorError):
    """Another process runs on this database."""


class FetchError(MonitorError):
    """A page or feed could not be had. The url is already redacted; `status` is of HTTP."""

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
    """DNS, TLS, a time-out, a body cut short, a 5xx: worth another try."""


class Throttled(FetchError):
    """429 or 503: the site asks us to wait."""


class Gone(FetchError):
    """410 (permanent), or 404 (for now)."""


class Refused(FetchError):
    """We will not fetch this: our guard, robots.txt, a limit, a scheme."""


class ParseError(MonitorError):
    """These bytes are not a feed."""


class RuleError(MonitorError):
    """A rule that cannot be read; `line` and `column` count from 1 inside the rule's own text."""

    def __init__(self, message: str, *, line: int, column: int, hint: str = "") -> None:
        super().__init__(message, permanent=True)
        self.line = line
        self.column = column
        self.hint = hint


class TemplateError(MonitorError):
    """A webhook's template that cannot be read, or filled; `line` counts from 1 in its own text."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message, permanent=True)
        self.line = line


class WorkerError(MonitorError):
    """A worker process ran past its time or memory and was killed, or died."""


class StoreError(MonitorError):
    """The database said no; the text names the file and the remedy."""


class StartStopped(StoreError):
    """The database was being made ready, and somebody asked to stop; nothing has changed."""


class DeliveryError(MonitorError):
    """A message did not go out.

    `served` names the recipients that accepted it all the same; `too_large`: a smaller one may
    be accepted;
    `disable` asks that the channel be stopped (410 Gone).
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
