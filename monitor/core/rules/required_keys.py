"""Required keys of compiled rules: what an inverted index of rules has a rule under."""

from collections.abc import Callable, Iterable

from monitor.core.rules.matcher_nodes import (
    AllNode,
    AnyNode,
    AtLeastNode,
    MatcherNode,
    NearNode,
    NotNode,
    Operand,
    PhraseListNode,
    PhraseNode,
)

FrequencyEstimate = Callable[[Iterable[int]], int]  # of documents with any of these keys
KeyGroups = tuple[tuple[int, ...], ...]  # every match has at least one key of each group


def required_keys(node: MatcherNode, frequency: FrequencyEstimate) -> tuple[KeyGroups, ...]:
    """Alternatives of key groups: every match has, for one of them, a key of each of its groups.

    An alternative without a group may match any document.
    """
    if not isinstance(node, AnyNode):
        return (_required_groups(node, frequency),)
    found = [_required_groups(other, frequency) for other in node.others]
    if node.keys:
        found.append((tuple(node.keys),))
    return tuple(found)


def _required_groups(node: MatcherNode, frequency: FrequencyEstimate) -> KeyGroups:
    match node:
        case PhraseNode():
            return tuple((key,) for key in node.keys)
        case PhraseListNode():
            return (tuple(node.by_first_key),)
        case AllNode():
            groups = [(key,) for key in node.keys]
            return (
                *groups,
                *(group for other in node.others for group in _required_groups(other, frequency)),
            )
        case AnyNode():
            return _union_group(node.keys, node.others, frequency)
        case NearNode():
            return (*_operand_groups(node.left, frequency), *_operand_groups(node.right, frequency))
        case AtLeastNode():
            return _operand_groups(node.operand, frequency)
        case NotNode():
            return ()


def _operand_groups(operand: Operand, frequency: FrequencyEstimate) -> KeyGroups:
    return _union_group(operand.keys, operand.phrases, frequency)


def _union_group(
    keys: Iterable[int], others: Iterable[MatcherNode], frequency: FrequencyEstimate
) -> KeyGroups:
    """One group that any alternative satisfies: all keys, and the rarest group of each node."""
    group = list(keys)
    for other in others:
        groups = _required_groups(other, frequency)
        if not groups:
            return ()
        group += min(groups, key=frequency)
    return (tuple(dict.fromkeys(group)),)
