"""The kinds of channels that there are."""

from typing import get_args

from monitor.channels.registry import KINDS


def test_every_kind_is_registered_under_the_name_that_its_type_takes() -> None:
    assert list(KINDS) == ["email", "webhook", "command", "apprise"]
    for name, kind in KINDS.items():
        assert get_args(kind.config.model_fields["type"].annotation) == (name,)
