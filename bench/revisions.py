"""10,000 random pairs of texts: their words lead from old to new, no change iff equal digests."""

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.revisions.diff import apply_diff, detect_change, diff_words
from monitor.core.revisions.fingerprint import fingerprint

PAIRS = 10_000
prose = st.text(alphabet=st.sampled_from("ab1 .\n,'\"-é“\u00a0T—"), max_size=120)


@settings(max_examples=PAIRS, deadline=None)
@given(prose, prose)
def check(old: str, new: str) -> None:
    assert apply_diff(old, diff_words(old, new)) == new
    same = fingerprint("", old).digest == fingerprint("", new).digest
    assert (detect_change("", old, "", new) is None) == same


if __name__ == "__main__":
    check()
    print(f"{PAIRS:,} pairs: every one exact")
