"""A user's template: what it renders, what stays inert in it, and how it fails."""

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from notices import CHANGE, alert, hit, item, notice

from monitor.core.messages.template import MAX_RESULT_BYTES, Template
from monitor.core.messages.template_check import check_template
from monitor.core.messages.webhook_payload import build_payload
from monitor.errors import TemplateError
from monitor.model import Message, MessageKind, Reason

MANUAL = Path(__file__).parents[3] / "docs" / "channels.md"
HOSTILE = (
    'Trade "war" \\ <!channel> <@U1> @everyone @here [x](http://evil.example) **b** `c`'
    " </script>&amp; {{ 7*7 }} {% for %} \\"
)


def render(source: str, message: Message | None = None, **options: str) -> str:
    return Template(source, **options).render(message or notice(), zone="UTC").decode()


def render_json(source: str, message: Message | None = None) -> Any:
    return json.loads(render(source, message))


def refusal(source: str, message: Message | None = None) -> tuple[int | None, str]:
    with pytest.raises(TemplateError) as caught:
        render(source, message)
    return caught.value.line, str(caught.value)


def examples() -> dict[str, dict[str, Any]]:
    blocks = re.findall(r"```yaml\n(channels:.*?)```", MANUAL.read_text("utf-8"), re.DOTALL)
    channels = (each for block in blocks for each in yaml.safe_load(block)["channels"])
    return {channel["name"]: channel for channel in channels}


# ── rendering ────────────────────────────────────────────────────────────────────────────


def test_a_template_has_the_payload_and_the_text_of_the_mail() -> None:
    source = """\
{"type": "{{ type }}", "title": "{{ data.article.title }}", "whole": {{ data }},
 "subject": "{{ subject }}", "text": {{ text | tojson }}, "one": {{ items | length }}}"""
    rendered = render_json(source)
    assert rendered["whole"] == build_payload(notice())["data"]
    assert (rendered["type"], rendered["title"]) == ("article.matched", "Tariff on steel doubled")
    assert rendered["subject"] == "[tariff] Tariff on steel doubled"
    assert "https://news.example/steel?a=1&b=2" in rendered["text"]
    assert rendered["one"] == 1


def test_a_digest_is_a_list_of_items_under_either_name() -> None:
    message = notice(item(title="One"), item(title="Two"))
    source = """[
      {% for item in items %}
      "{{ item.article.title }}"{{ "," if not loop.last }}
      {% endfor %}
    ]"""
    assert render_json(source, message) == ["One", "Two"]
    source = "{{ data.items | map(attribute='article.title') | list }}"
    assert render_json(source, message) == ["One", "Two"]


@pytest.mark.parametrize("kind", [MessageKind.OPERATOR, MessageKind.TEST])
def test_a_message_about_no_article_has_no_items_and_a_text(kind: MessageKind) -> None:
    message = notice(kind=kind, items=(), text="The channel 'desk' failed.")
    rendered = render_json(
        '{"n": {{ items | length }}, "text": "{{ text }}", "m": "{{ data.message }}"}', message
    )
    assert rendered["n"] == 0
    assert "The channel 'desk' failed." in rendered["text"]
    assert rendered["m"] == "The channel 'desk' failed."


@pytest.mark.parametrize(
    "source",
    [
        '{"t": "{{ data.article.title }}"}',
        '{"t": {{ data.article.title | tojson }}}',
        '{"t": "{{ data.article.title ~ "" }}"}',
        '{"t": "{% set t %}{{ data.article.title }}{% endset %}{{ t }}"}',
        '{% macro m(x) %}{{ x }}{% endmacro %}{"t": "{{ m(data.article.title) }}"}',
        '{% macro m(x) %}{% endmacro %}{"t": "{{ m(1) ~ data.article.title }}"}',
        '{"t": "{{ [data.article.title] | join(",") }}"}',
        '{"t": "{{ data.article.title | replace("zzz", "") }}"}',
        '{% autoescape false %}{"t": "{{ data.article.title }}"}{% endautoescape %}',
    ],
)
def test_a_hostile_title_stays_one_text_however_it_is_written(source: str) -> None:
    assert render_json(source, notice(item(title=HOSTILE))) == {"t": HOSTILE}


def test_what_is_escaped_for_html_is_still_escaped_for_json() -> None:
    rendered = render_json(
        '{"t": "{{ data.article.title | e }}"}', notice(item(title='<b> "q" \\'))
    )
    assert rendered == {"t": "&lt;b&gt; &#34;q&#34; \\"}


def test_texts_numbers_null_and_lists_are_json() -> None:
    source = (
        '[{{ data.article.id }}, {{ data.change }}, {{ data.article.authors }}, "{{ "q\\"" }}"]'
    )
    assert render_json(source) == [3, None, ["Ana Ruiz"], 'q"']


def test_another_content_type_gets_texts_unescaped() -> None:
    message = notice(item(title='A "q"'))
    source = "{{ data.article.title }}|{{ data.change }}|{{ data.article.authors }}"
    plain = render(source, message, content_type="text/plain; charset=utf-8")
    assert plain == 'A "q"||["Ana Ruiz"]'
    with pytest.raises(TemplateError, match="makes no JSON"):
        render(source, message, content_type="application/activity+json; charset=utf-8")


def test_the_slack_filter_makes_entities_and_no_mention() -> None:
    rendered = render_json('"{{ data.article.title | slack }}"', notice(item(title=HOSTILE)))
    assert not re.search("[<>]|@(everyone|here|U1)|&(?!amp;|lt;|gt;)", rendered)
    assert "&lt;!channel&gt;" in rendered
    assert rendered.replace("\u200b", "").count("@everyone") == 1


def test_the_markdown_filter_escapes_every_mark_and_mention() -> None:
    rendered = render_json('"{{ data.article.title | markdown }}"', notice(item(title=HOSTILE)))
    assert not re.search(r"(?<!\\)[*_`~<>\[\](]|@(everyone|here|U1)", rendered.replace("\\\\", ""))
    assert r"\[x\]\(http://evil.example\)" in rendered


# ── the manual's examples ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["slack", "discord", "teams"])
def test_the_examples_render_any_message_within_the_limits_of_their_service(
    name: str,
) -> None:
    template = Template(examples()[name]["template"])
    check_template(template)
    hits = tuple(hit("tariff", f"A tariff of {HOSTILE}" * 20, at=n * 2_000) for n in range(20))
    long = item(alert(reason=Reason.UPDATED), hits=hits, change=CHANGE, title=HOSTILE * 5)
    for message in (notice(long), notice(*[long] * 50)):
        rendered = json.loads(template.render(message, zone="America/Phoenix"))
        assert not re.search("@(everyone|here)", json.dumps(rendered)) or name == "teams"
        if name == "discord":
            (embed,) = rendered["embeds"]
            assert len(embed["title"]) <= 256
            assert len(embed["description"]) <= 4096
            assert rendered["allowed_mentions"] == {"parse": []}
        elif name == "slack":
            assert len(rendered["text"]) < 40_000
            assert "<" not in rendered["text"]
            assert rendered["mrkdwn"] is False
        else:
            assert len(json.dumps(rendered)) < 28_000
            body = rendered["attachments"][0]["content"]["body"]
            # Text runs know no Markdown, and a mention needs an entity beside them.
            assert {block["type"] for block in body} == {"RichTextBlock"}


# ── errors ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ('{\n"a": {% if %}}', 2, "Expected an expression, got 'end of statement block'"),
        ('{\n\n"a": {{ x | nofilter }}}', 3, "No filter named 'nofilter'."),
        ('{\n"a": "{{ data.article.titel }}"}', 2, "'dict object' has no attribute 'titel'"),
        ('{"a": 1,\n"b": {{ data.article.title }}}', 2, "makes no JSON: Expecting value"),
        ('{"a": "{{ type }}"\n\n"b": 1}', 3, "makes no JSON: Expecting ',' delimiter"),
        ("\n{{ 1 / 0 }}", 2, "division by zero"),
        ("\n{{ 1e308 + 1e308 }}", 2, "not JSON compliant"),
        ('\n{% include "other" %}', 2, "no loader for this environment specified"),
        ("{% macro m(x) %}\n{{ x.y }}\n{% endmacro %}\n{{ m(1) }}", 2, "'int object' has no"),
        ("\n{% filter sort %}ba{% endfilter %}", 2, "a block makes no text"),
        ("\n{% call dict() %}{% endcall %}", 2, "a block makes no text"),
        ("x" * 64_001, 1, "is longer than 64,000 characters"),
    ],
)
def test_an_error_names_its_line(source: str, line: int, message: str) -> None:
    assert refusal(source)[0] == line
    assert message in refusal(source)[1]


def test_an_error_contains_nothing_of_the_story() -> None:
    assert "Tariff" not in refusal('{"a": {{ data.article.title }}}')[1]


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}1",
        "{% set n = namespace(x='xx') %}{% for i in range(60) %}"
        "{% set n.x = n.x ~ n.x %}{% endfor %}",
        "{% set n = namespace(x='xx') %}{% for i in range(60) %}"
        "{% set n.x = n.x + n.x %}{% endfor %}",
        "{% set n = namespace(x='xx') %}{% for i in range(60) %}"
        "{% set n.x = [n.x, n.x] | join %}{% endfor %}",
        "{% set n = namespace(x=[1]) %}{% for i in range(60) %}"
        "{% set n.x = n.x + n.x %}{% endfor %}",
        "{{ text | replace('', text) | replace('', text) | replace('', text) }}",
        "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}",
        "{{ 'x' * 1000000000 }}",
        "{{ 10 ** 1000000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ 'x'.ljust(1000000000) }}",
        "{{ '{:1000000000d}'.format(1) }}",
        "{{ range(1000000000) | list }}",
        "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
        "{% if 1 %}" * 500 + "1" + "{% endif %}" * 500,
        "{{ ''.__class__.__mro__ }}",
        "{{ data.clear() }}",
        "{{ data.article.title.__class__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__ }}",
    ],
)
def test_endless_work_or_access_to_the_outside_is_an_error(source: str) -> None:
    refusal(source)


def test_a_result_that_is_too_large_is_an_error() -> None:
    line = "x" * 1_000
    source = f'"{{% for i in range(2000) %}}{line}{{% endfor %}}"'
    assert refusal(source) == (1, f"makes more than {MAX_RESULT_BYTES:,} bytes")


def test_a_check_finds_errors_that_only_some_messages_cause() -> None:
    for source in (
        '{"t": "{{ data.article.title }}"}',  # an operator's message has none
        '{"t": {{ (data.article.url or "") | length }}, "u": {{ text }}}',
        '{"n": {{ items[1].article.id }}}',
    ):
        with pytest.raises(TemplateError):
            check_template(Template(source))
    check_template(Template('{"t": "{{ text }}"}'))


FRAGMENTS = (
    "{{ }} {% %} {# #} {%- -%} if else elif endif for in endfor set macro endmacro call endcall"
    " filter endfilter block endblock x data items . [ ] ( ) { } | ~ + - * ** / // % == < not is"
    " defined loop.index join('a') tojson list 1 1e999 0x1f 'a' \" \\ : , = include import extends"
    " \n slack markdown replace('a','') self caller() namespace() range(9) text true none"
)


@given(st.lists(st.sampled_from(FRAGMENTS.split(" ")), max_size=40).map(" ".join), st.booleans())
@example("{{ 9" + "9" * 5_000 + " }}", True)
@example("{{ '\\ud800' }}", False)
@example("{% block a %}{{ self.a() }}{% endblock %}", True)
def test_any_template_renders_or_is_refused(source: str, as_json: bool) -> None:
    kind = "application/json" if as_json else "text/plain"
    with contextlib.suppress(TemplateError):
        render(source, content_type=kind)
