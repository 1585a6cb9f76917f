from collections.abc import Callable

import pytest

from monitor.core.feeds import parse
from monitor.core.messages import diff_edit_run
from monitor.core.process_article import matching_silences, process_article
from monitor.engine.cpu_pool import TASK_NAMES


@pytest.mark.parametrize("work", [parse, process_article, matching_silences, diff_edit_run])
def test_every_kind_of_work_has_a_name_for_people(work: Callable[..., object]) -> None:
    assert work.__name__ in TASK_NAMES
