from hypothesis import given
from hypothesis import strategies as st

from monitor.core.text.patience_diff import diff_blocks

items = st.lists(st.sampled_from("abcdefgh"), max_size=60)


@given(items, items)
def test_everything_between_two_blocks_is_equal(old: list[str], new: list[str]) -> None:
    at_old = at_new = 0
    for a, b, c, d in [*diff_blocks(old, new), (len(old), len(old), len(new), len(new))]:
        assert old[at_old:a] == new[at_new:c]
        at_old, at_new = b, d


def test_unique_items_anchor_the_blocks() -> None:
    old = [*"xy" * 40, "anchor", *"pq" * 40]
    new = [*"xy" * 40, "new", "anchor", *"pq" * 39, "last"]
    assert diff_blocks(old, new) == [(80, 80, 80, 81), (159, 161, 160, 161)]


def test_a_large_gap_without_an_anchor_is_one_block() -> None:
    assert diff_blocks(["a", "b"] * 40, ["b", "a"] * 40) == [(0, 80, 0, 80)]
