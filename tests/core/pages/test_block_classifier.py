"""The block classifier: the compiled ensemble equals a walk through each tree."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.pages.block_classifier import best_threshold
from monitor.core.pages.tree_ensemble import MAX_LEAVES, Tree, compile_ensemble


def walk_trees(trees: list[Tree], row: tuple[float, ...]) -> float:
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
    """Random trees of at most `MAX_LEAVES` leaves."""
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

    grow(draw(st.integers(2, MAX_LEAVES)))
    return tree


ROWS = st.tuples(*[st.sampled_from([-4.0, -3.5, 0.0, 0.4, 0.5, 1.0, 4.0, 11.0])] * 4)


@given(st.lists(trees(), max_size=6), ROWS)
def test_the_compiled_ensemble_equals_a_walk_through_each_tree(
    grown: list[Tree], row: tuple[float, ...]
) -> None:
    assert compile_ensemble(grown)(*row) == pytest.approx(walk_trees(grown, row))


def test_weights_that_are_no_numbers_are_rejected() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        compile_ensemble([Tree([0], ["open('/')"], [-1], [-2], [0.0, 1.0])])  # type: ignore[list-item]


def test_a_tree_of_too_many_leaves_is_rejected() -> None:
    last = MAX_LEAVES
    chain = Tree(
        [0] * MAX_LEAVES,
        [float(n) for n in range(MAX_LEAVES)],
        [~n for n in range(MAX_LEAVES)],
        [*range(1, MAX_LEAVES), ~last],
        [0.0] * (MAX_LEAVES + 1),
    )
    with pytest.raises(ValueError, match="17 leaves, 16 are allowed"):
        compile_ensemble([chain])


def test_without_trees_the_probability_is_one_half() -> None:
    assert compile_ensemble([])(1.0, 2.0) == 0.5


def test_the_threshold_maximizes_the_expected_f1() -> None:
    assert best_threshold([100, 100, 100], [0.9, 0.8, 0.1]) == 0.8
    assert best_threshold([100, 10], [0.9, 0.2]) == 0.9
    assert best_threshold([], []) == 1.0
