import pytest

from monitor.core.revisions.boilerplate import strip_boilerplate

STORY = "The mayor said the tariff would cost the port two hundred jobs this year."


@pytest.mark.parametrize(
    "line",
    [
        "Published: Wednesday, September 11, 2019 - 7:45am Updated: 7:51am",
        "Updated 7:51 a.m. ET",
        "Last updated 5 minutes ago",
        "Actualizado hace 5 minutos",
        "Publicado el 3 de mayo de 2024 a las 14:30",
        "3 min read",
        "1,234 views",
        "12 comentarios",
        "Share Facebook Twitter WhatsApp Copy link",
        "Share 1.2K",
        "September 11, 2019",
        "Copyright 2026 Example News. All rights reserved.",
        "Sign up for our morning newsletter.",
        "Suscríbete para seguir leyendo",
        "Advertisement",
        "Related: Port workers plan a strike",
        "Lea también: Los estibadores convocan una huelga",
    ],
)
def test_timestamps_counters_and_notices_are_stripped(line: str) -> None:
    assert strip_boilerplate([line, STORY]) == [STORY]


@pytest.mark.parametrize(
    "line",
    [
        STORY,
        "Tuesday, 1 March",
        "Published in 2019 by the ministry, the report names no port.",
        "Hace dos semanas, el puerto cerró.",
        "More than 40 people were hurt.",
        "The newsletter of the port was closed.",
        "Correction: the first figure was wrong.",
        "Read the report, the mayor said.",
    ],
)
def test_prose_stays_unchanged(line: str) -> None:
    assert strip_boilerplate([line]) == [line]


def test_a_timestamp_before_the_first_words_is_cut_off() -> None:
    assert strip_boilerplate([f"Updated at 7:51 a.m. ET: {STORY}"]) == [STORY]
    assert strip_boilerplate([f"Published 3 hours ago | {STORY}"]) == [STORY]


def test_headlines_under_a_related_heading_are_stripped_and_the_story_after_them_stays() -> None:
    lines = [STORY, "More Stories From The Port", "Strike ends at noon", "Fog closes bridge", STORY]
    assert strip_boilerplate(lines) == [STORY, STORY]
