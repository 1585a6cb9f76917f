"""Whether an address may be fetched, as far as it tells by itself."""

import re

from monitor.errors import Refused
from monitor.net.ssrf_guard import Guard

# What nearly every address looks like; the guard, which is slower, judges the others.
_USUAL = re.compile(r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,20}(?:/[!-~]*)?")


def refusal(url: str, guard: Guard) -> str | None:
    """Why it will not be fetched; the address itself is not quoted, it may hold a secret."""
    if _USUAL.fullmatch(url):
        return None
    try:
        guard.check_url(url)
    except Refused as error:
        return str(error) if "not an address" not in str(error) else "is no address"
    return None
