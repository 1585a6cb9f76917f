"""Which network addresses may be fetched: the policy that the configuration and the network share.

URLs and IP addresses in; a parsed URL, or the reason for a refusal, out. Nothing is resolved.
Open `policy.py` first; `special_purpose.py` has the table, `spelling.py` the parsing of URLs.
"""

from monitor.core.addresses.policy import AddressPolicy, AddressRefused

__all__ = ["AddressPolicy", "AddressRefused"]
