"""The learned filter: its trees give the same compiled as walked."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.pages.block_classifier import Tree, compiled, threshold

TREES = [
    Tree([0, 2], [0.5, 10.0], [-1, -2], [1, -3], [0.25, -1.0, 2.0]),
    Tree([1], [-3.5], [-1], [-2], [1.5, -0.5]),
    Tree([2, 0, 1], [4.0, 0.5, 0.0], [1, -1, -3], [2, -2, -4], [0.1, -0.2, 0.3, -0.4]),
]


def walked(row: list[float]) -> float:
    score = 0.0
    for tree in TREES:
        node = 0
        while node >= 0:
            goes_left = row[tree.feature[node]] <= tree.threshold[node]
            node = tree.left[node] if goes_left else tree.right[node]
        score += tree.leaf[~node]
    return 1 / (1 + exp(-score))


@given(
    st.lists(st.sampled_from([-4.0, -3.5, 0.0, 0.5, 1.0, 4.0, 10.0, 11.0]), min_size=3, max_size=5)
)
def test_compiled_trees_answer_as_a_walk_through_them_does(row: list[float]) -> None:
    assert compiled(TREES)(*row) == pytest.approx(walked(row))


def test_nothing_but_numbers_gets_into_the_compiled_expression() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        compiled([Tree([0], ["open('/')"], [-1], [-2], [0.0, 1.0])])  # type: ignore[list-item]


def test_without_trees_nothing_is_known() -> None:
    assert compiled([])(1.0, 2.0) == 0.5


def test_the_threshold_keeps_what_raises_the_promised_f1() -> None:
    assert threshold([100, 100, 100], [0.9, 0.8, 0.1]) == 0.8
    assert threshold([100, 10], [0.9, 0.2]) == 0.9
    assert threshold([], []) == 1.0
