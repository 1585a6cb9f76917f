"""Whether an address may be fetched, as far as the address alone shows."""

import re

from monitor.core.addresses import AddressPolicy
from monitor.errors import Refused

# What nearly every address looks like; the policy, which is slower, decides about the others.
_USUAL = re.compile(r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,20}(?:/[!-~]*)?")


def refusal(url: str, policy: AddressPolicy) -> str | None:
    """Return why the address will not be fetched; None if it may be.

    The address itself is not quoted: it may hold a secret.
    """
    if _USUAL.fullmatch(url):
        return None
    try:
        policy.check_url(url)
    except Refused as error:
        return str(error) if "not an address" not in str(error) else "is no address"
    return None
