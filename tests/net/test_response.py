import pytest

from monitor.errors import FetchError, Gone, Throttled, Unreachable
from monitor.net import response
from net.fetchers import NOW


@pytest.mark.parametrize(
    ("status", "kind", "permanent", "words"),
    [
        (400, Unreachable, False, "HTTP 400 Bad Request"),
        (401, Unreachable, False, "HTTP 401 Unauthorized: a user and password are asked for"),
        (403, Unreachable, False, "HTTP 403 Forbidden: the site does not let us read this"),
        (404, Gone, False, "HTTP 404 Not Found"),
        (410, Gone, True, "HTTP 410 Gone"),
        (429, Throttled, False, "HTTP 429 Too Many Requests"),
        (500, Unreachable, False, "HTTP 500 Internal Server Error"),
        (503, Throttled, False, "HTTP 503 Service Unavailable"),
        (599, Unreachable, False, "HTTP 599"),
        (999, Unreachable, False, "HTTP 999"),
    ],
)
def test_a_status_becomes_an_error_with_advice_on_retrying(
    status: int, kind: type[FetchError], permanent: bool, words: str
) -> None:
    error = response.status_error(status, {}, "http://me:word@a.example/?k=v", NOW)
    assert (type(error), error.permanent, str(error)) == (kind, permanent, words)
    assert (error.url, error.status) == ("http://a.example/?k=…", status)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("max-age=600", 600),
        ("public, Max-Age = 60, immutable", 60),
        ("s-maxage=5", None),
        ("max-age=-1", None),
        ("max-age=99999999999999", None),
        ("", None),
    ],
)
def test_max_age_is_read_from_cache_control(value: str, seconds: float | None) -> None:
    assert response.max_age({"Cache-Control": value}) == seconds


@pytest.mark.parametrize("etag", ["a\x1bb", "é", "x" * 2_000, " ", "\udcff"])
def test_a_validator_that_cannot_be_sent_back_counts_as_absent(etag: str) -> None:
    assert not response.validators({"ETag": etag})
