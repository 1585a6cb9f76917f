"""The learned classifier: all trees at once give what a walk through each gives."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.pages.block_classifier import threshold
from monitor.core.pages.tree_ensemble import WIDTH, Tree, ensemble_of


def walked(trees: list[Tree], row: tuple[float, ...]) -> float:
    score = 0.0
    for tree in trees:
        node = 0
        while node >= 0:
            goes_left = row[tree.feature[node]] <= tree.threshold[node]
            node = tree.left[node] if goes_left else tree.right[node]
        score += tree.leaf[~node]
    return 1 / (1 + exp(-score))


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Of at most `WIDTH` leaves, grown at random."""
    tree = Tree([], [], [], [], [])

    def grow(leaves: int) -> int:
        if leaves == 1:
            tree.leaf.append(draw(st.sampled_from([-1.5, -0.25, 0.5, 2.0])))
            return ~(len(tree.leaf) - 1)
        node = len(tree.feature)
        tree.feature.append(draw(st.integers(0, 3)))
        tree.threshold.append(draw(st.sampled_from([-3.5, 0.0, 0.5, 4.0])))
        tree.left.append(0)
        tree.right.append(0)
        left = draw(st.integers(1, leaves - 1))
        tree.left[node], tree.right[node] = grow(left), grow(leaves - left)
        return node

    grow(draw(st.integers(2, WIDTH)))
    return tree


ROWS = st.tuples(*[st.sampled_from([-4.0, -3.5, 0.0, 0.4, 0.5, 1.0, 4.0, 11.0])] * 4)


@given(st.lists(trees(), max_size=6), ROWS)
def test_all_trees_at_once_answer_as_a_walk_through_each_does(
    grown: list[Tree], row: tuple[float, ...]
) -> None:
    assert ensemble_of(grown)(*row) == pytest.approx(walked(grown, row))


def test_weights_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        ensemble_of([Tree([0], ["open('/')"], [-1], [-2], [0.0, 1.0])])  # type: ignore[list-item]


def test_a_tree_of_too_many_leaves_is_refused() -> None:
    last = WIDTH
    chain = Tree(
        [0] * WIDTH,
        [float(n) for n in range(WIDTH)],
        [~n for n in range(WIDTH)],
        [*range(1, WIDTH), ~last],
        [0.0] * (WIDTH + 1),
    )
    with pytest.raises(ValueError, match="17 leaves, 16 are allowed"):
        ensemble_of([chain])


def test_without_trees_nothing_is_known() -> None:
    assert ensemble_of([])(1.0, 2.0) == 0.5


def test_the_threshold_keeps_what_raises_the_promised_f1() -> None:
    assert threshold([100, 100, 100], [0.9, 0.8, 0.1]) == 0.8
    assert threshold([100, 10], [0.9, 0.2]) == 0.9
    assert threshold([], []) == 1.0
