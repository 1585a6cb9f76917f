"""What a template may use: little memory, little time, and nothing outside the sandbox."""

import re
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notices import hit, item, notice

from core.messages.rendering import Renderer, renderer
from core.messages.test_template import MANUAL, examples
from monitor.core.messages.template import Template
from monitor.core.messages.template_budget import MAX_WORK, Budget, weight
from monitor.core.messages.template_filters import allowed_filters, allowed_tests
from monitor.core.messages.template_sandbox import Sandbox


@pytest.fixture(scope="module")
def limited() -> Iterator[Renderer]:
    with renderer() as running:
        yield running


NEST = (
    "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}"
)
TWO = NEST + NEST.replace(" n ", " m ").replace("n.x", "m.x")


def often(body: str) -> str:
    """In a loop, where `n.l` may collect what it makes."""
    return "{% set n = namespace(l=[]) %}{% for i in range(90000) %}" + body + "{% endfor %}"


EXHAUSTING = {
    # a filter, a method or an operator that multiplies
    "batch": "{{ [1] | batch(30000000, 'x') | list }}",
    "batch, unread": "{{ [1] | batch(30000000, 'x') | length }}",
    "slice": "{{ [1] | slice(1000000000) | list }}",
    "wordwrap": "{{ text | wordwrap(1, wrapstring=text) }}",
    "round up": "{{ 1 | round(100000000, 'ceil') }}",
    "round whole numbers": "{{ 5 | round(-100000000) }}",
    "power": "{{ 999999 ** 999999 }}",
    "to_bytes": "{{ (1).to_bytes(1000000000, 'big') | length }}",
    "sum of lists": often("{% set n.l = n.l + [[i]] %}{{ n.l | sum(start=[]) | length }}"),
    "numbers that grow": "{% set n = namespace(x=1, l=[]) %}{% for i in range(90000) %}"
    "{% set n.x = n.x + n.x %}{% set n.l = [n.l, n.x] %}{% endfor %}",
    "a number that is a text": "{{ ('f' ~ text) | int(base=16) + 1 }}",
    # what one round takes is not what a round costs
    "copies of a text": often("{% set n.l = [n.l, text | upper] %}"),
    "copies by a method": often("{% set n.l = [n.l, text.lower()] %}"),
    "slices of a text": often("{% set n.l = [n.l, text[1:]] %}"),
    "a text set often": "{% set t %}" + often("{{ text }}") + "{% endset %}{{ t | length }}",
    "raw words set often": "{% set t %}" + often("x" * 50_000) + "{% endset %}{{ t | length }}",
    "raw words in a macro": "{% macro m() %}" + often("x" * 50_000) + "{% endmacro %}{{ m() }}",
    "wide lists": often("{% set n.l = [n.l, [" + "1," * 10_000 + "]] %}"),
    "wide objects": often(
        "{% set n.l = [n.l, {" + "".join(f"{n}:1," for n in range(5_000)) + "}] %}"
    ),
    "words of a text": "{{ (text ~ text) | title | length }}{{ text.split('a') | length }}" * 9,
    "searches": often("{% if 'q' in text %}{% endif %}"),
    "comparisons": "{% set a = text ~ 'x' %}{% set b = text ~ 'y' %}"
    + often("{% if a == b %}{% endif %}"),
    "tests": "{% set a = text ~ 'x' %}{% set b = text ~ 'y' %}"
    + often("{% if a is eq b %}{% endif %}"),
    # small things that are large when somebody looks inside
    "nested, shown": NEST + "{{ n.x }}",
    "nested, as JSON": NEST + "{{ n.x | tojson }}",
    "nested, joined": NEST + "{{ [n.x] | join }}",
    "nested, upper case": NEST + "{{ n.x | upper }}",
    "nested, replaced": NEST + "{{ n.x | replace('a', 'b') }}",
    "nested, compared": TWO + "{{ n.x == m.x }}",
    "nested, found": TWO + "{{ n.x in [m.x] }}",
    "nested, sorted": TWO + "{{ [n.x, m.x] | sort | length }}",
    "nested, tested": TWO + "{{ n.x is eq m.x }}",
    "nested, as a key": "{% set n = namespace(x=(1,)) %}{% for i in range(60) %}"
    "{% set n.x = (n.x, n.x) %}{% endfor %}{{ {n.x: 1} | length }}",
    "nested, selected": TWO + "{{ [n.x] | select('eq', m.x) | list | length }}",
    "nested names, shown": "{% set n = namespace(x=1) %}{% for i in range(60) %}"
    "{% set n.x = namespace(a=n.x, b=n.x) %}{% endfor %}{{ n.x | upper }}",
    "sorts of the same": "{% set a = range(90000) | list %}{% set b = range(90000) | list %}"
    "{{ ([a, b] * 1 + [a, b, a, b, a, b, a, b]) | sort | length }}" * 5,
    # calls and loops without end
    "a macro that calls itself twice": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}"
    "{% endif %}{% endmacro %}{{ m(90) }}",
    "a block that shows itself twice": "{% block b %}{% if k is not defined %}{{ self.b() }}"
    "{{ self.b() }}{% endif %}{% endblock %}",
    "a loop within itself": "{% for i in range(99999) recursive %}"
    "{% if i < 9 %}{{ loop(range(99999)) }}{% endif %}{% endfor %}",
    "loops in loops": "{% for a in range(99999) %}" * 9 + "{% endfor %}" * 9,
    "the end of a loop": "{% for a in range(99999) %}{% for b in range(99999) %}{{ loop.length }}"
    "{% endfor %}{% endfor %}",
    "tags": "{{ text | striptags | length }}",
    "an empty separator": "{{ text | replace('', text) }}",
}
TEXTS = ("ffff", "<!---->", "a < b <a ", "a b\\n", "\\0", "ß€")


def large(unit: str) -> str:
    """`text`, half a megabyte of it."""
    return (
        f'{{% set n = namespace(x="{unit}") %}}{{% for i in range(17) if n.x | length < 400000 %}}'
        "{% set n.x = n.x ~ n.x %}{% endfor %}{% set text = n.x %}"
    )


@pytest.mark.parametrize("kind", EXHAUSTING)
def test_a_template_is_refused_before_it_takes_much_memory_or_time(
    limited: Renderer, kind: str
) -> None:
    exhausting = EXHAUSTING[kind]
    units = TEXTS if re.search(r"\btext\b", exhausting) else TEXTS[:1]
    for content_type, unit in product(("text/plain", "application/json"), units):
        outcome, _, message = limited.render(large(unit) + exhausting, content_type)
        assert outcome in ("refused", "rendered"), (message, unit, content_type)


# ── templates of all kinds ───────────────────────────────────────────────────────────────

NUMBERS = st.sampled_from(["0", "1", "-1", "2.5", "7", "99999", "100000", "30000000", "10 ** 60"])
WORDS = st.sampled_from(
    ["''", "'a'", "'%9999999d'", "'{:9999999}'", "text", "type", "'eq'", "'upper'"]
)
NAMES = st.sampled_from(["n.x", "n.l", "i", "items", "data", "loop", "m", "range(99999)", "none"])
# What jinja2 itself has, and what a text, a number, a list or a loop has: allowed or not.
FILTERS = sorted({*Sandbox(is_json=True).filters, "center", "indent", "format", "pprint", "string"})
TESTS = sorted(allowed_tests())
ATTRIBUTES = sorted(
    name for kind in (str, int, list, dict) for name in dir(kind) if not name.startswith("_")
)
OPERATORS = ["+", "-", "*", "**", "/", "//", "%", "~", "==", "<", "in", "and", "or"]


def larger(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    arguments = st.lists(part | NUMBERS | WORDS, max_size=3).map(", ".join)
    return st.one_of(
        st.builds("({} {} {})".format, part, st.sampled_from(OPERATORS), part),
        st.builds("({} | {}({}))".format, part, st.sampled_from(FILTERS), arguments),
        st.builds("({} is {}({}))".format, part, st.sampled_from(TESTS), part),
        st.builds("({}.{}({}))".format, part, st.sampled_from(ATTRIBUTES), arguments),
        st.builds("[{}, {}]".format, part, part),
        st.builds("({}, {})".format, part, part),
        st.builds("{{{}: {}}}".format, part, part),
        st.builds("{}[{}:]".format, part, NUMBERS),
        st.builds("{}[{}]".format, part, part),
        st.builds("m({})".format, part),
        st.builds("namespace(a={}, b={})".format, part, part),
        st.builds("dict({})".format, part),
        st.builds("loop({})".format, part),
    )


EXPRESSIONS = st.recursive(NUMBERS | WORDS | NAMES, larger, max_leaves=6)


def longer(body: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{}{}".format, body, body),
        st.builds("{{% for i in {} %}}{}{{% endfor %}}".format, EXPRESSIONS, body),
        st.builds("{{% for i in range(99) recursive %}}{}{{% endfor %}}".format, body),
        st.builds("{{% for i in range(99999) %}}{}{{% endfor %}}".format, body),
        st.builds("{{% if {} %}}{}{{% endif %}}".format, EXPRESSIONS, body),
        st.builds("{{% set n.x %}}{}{{% endset %}}".format, body),
        st.builds("{{% filter {} %}}{}{{% endfilter %}}".format, st.sampled_from(FILTERS), body),
        st.builds("{{% call m({}) %}}{}{{% endcall %}}".format, EXPRESSIONS, body),
    )


BODIES = st.recursive(
    st.one_of(
        st.builds("{{{{ {} }}}}".format, EXPRESSIONS),
        st.builds("{{% set n.x = {} %}}".format, EXPRESSIONS),
        st.builds("{{% set n.l = [n.l, {}] %}}".format, EXPRESSIONS),
        st.just("words of its own "),
    ),
    longer,
    max_leaves=6,
)
BEGINNING = (
    "{% macro m(a) %}{{ a }}{% if caller %}{{ caller() }}{{ caller() }}{% endif %}{% endmacro %}"
    "{% set n = namespace(x='ffff', l=[]) %}{% for i in range(12) %}{% set n.x = n.x ~ n.x %}"
    "{% endfor %}{% set text = n.x %}"
)


@given(BODIES, st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_template_takes_much_memory_or_time(limited: Renderer, body: str, is_json: bool) -> None:
    content_type = "application/json" if is_json else "text/plain"
    outcome, _, message = limited.render(BEGINNING + body, content_type)
    assert outcome in ("refused", "rendered"), message


# ── access to the outside──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "access",
    [
        "_work",
        "budget",
        "context",
        "self.budget",
        "self.__context",
        "self._TemplateReference__context",
        "self['_TemplateReference__context']",
        "loop.budget",
        "m.budget",
        "m._environment",
        "range.__init__",
        "dict.fromkeys",
        "n.__class__",
        "n['__class__']",
        "(items | map(attribute='__class__') | list)[0]",
        "items.append",
        "(1).to_bytes",
        "type.join",
        "type.format",
        "type.format_map",
        "type.ljust",
        "type.zfill",
        "type.center",
        "type.expandtabs",
        "type.translate",
        "items | attr('append')",
        "type | string",
        "type | format",
        "type | indent",
        "cycler",
        "joiner",
        "lipsum",
    ],
)
def test_nothing_reaches_the_budget_or_the_outside(limited: Renderer, access: str) -> None:
    source = (
        "{% macro m() %}{% endmacro %}{% set n = namespace() %}{% for i in [1] %}\n"
        "{{ (" + access + ") is defined }}{% endfor %}"
    )
    outcome, line, message = limited.render(source)
    assert (outcome, line, message) in {("rendered", None, "false"), ("refused", 2, message)}


def test_one_budget_covers_macros_blocks_and_loops(limited: Renderer) -> None:
    most = "{% for i in range(99999) %}{% endfor %}" * 4
    for source in (
        "{% macro m() %}" + most + "{% endmacro %}{{ m() }}{{ m() }}",
        "{% block b scoped %}" + most + "{% endblock %}{{ self.b() }}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}" + most + "{% endcall %}" + most,
    ):
        assert limited.render(source)[0] == "refused"
    assert limited.render(most)[0] == "rendered"


def test_an_error_has_the_line_that_exceeded_the_budget(limited: Renderer) -> None:
    outcome, line, message = limited.render("\n\n{{ [1] | batch(30000000, 'x') | list }}")
    assert (outcome, line) == ("refused", 3)
    assert message == "a filter takes numbers up to 100,000"


@pytest.mark.parametrize("name", ["slack", "discord", "teams"])
def test_the_largest_digest_is_well_within_the_budget(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent: list[int] = []
    monkeypatch.setattr(Budget, "spend", lambda _self, amount: spent.append(amount))
    hits = tuple(
        hit("tariff", "A tariff on steel and on words, said the ministry. " * 4, at=n * 300)
        for n in range(4)
    )
    message = notice(*[item(hits=hits)] * 900)
    Template(examples()[name]["template"]).render(message, zone="UTC")
    assert sum(spent) < MAX_WORK / 3


def test_a_value_contained_twice_weighs_twice() -> None:
    nested: list[object] = []
    for _ in range(60):
        nested = [nested, nested]
    assert weight([nested], 1_000) > 1_000
    assert weight(["word", 2**80], 1_000) == 4 + 4 + 4 + 10
    assert weight([{"a": ["bc"]}], 1_000) == 4 + 8 + 1 + 4 + 2


def test_the_manual_lists_what_a_template_may_use() -> None:
    manual = MANUAL.read_text(encoding="utf-8")
    [listed] = re.findall(r"Filters: (.*?)\. Tests: (.*?)\.\n", manual, re.DOTALL)
    filters, tests = (re.findall(r"`(\w+)`", names) for names in listed)
    assert sorted(filters) == sorted(allowed_filters())
    assert sorted(tests) == sorted(name for name in allowed_tests() if name.isidentifier())
