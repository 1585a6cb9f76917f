import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.text.sentences import sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('"Why?" he asked. "No." She left…', ['"Why?" he asked.', '"No."', "She left…"]),
        ("Mr. Smith met George W. Bush.", ["Mr. Smith met George W. Bush."]),
        ("The U.S. Senate sat.", ["The U.S. Senate sat."]),
        ("It is made in the U.S. The duty fell.", ["It is made in the U.S.", "The duty fell."]),
        ("He said no. Then he left.", ["He said no.", "Then he left."]),
        ("Rule No. 5 fell by 3.5% on Nov. 3.", ["Rule No. 5 fell by 3.5% on Nov. 3."]),
        ("El Sr. López viajó. ¿Por qué? No sé.", ["El Sr. López viajó.", "¿Por qué?", "No sé."]),
        ("Viajó a EE. UU. La visita fue breve.", ["Viajó a EE. UU.", "La visita fue breve."]),
        ("A head\n\nA line\nthat goes on", ["A head", "A line\nthat goes on"]),
        ("", []),
        (" \n\n . ", ["."]),
    ],
)
def test_a_text_is_split_where_its_sentences_end(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@given(st.text(alphabet=st.sampled_from("aB .!?…\n\"'”)1"), max_size=200))
def test_sentences_contain_everything_but_white_space_in_order(text: str) -> None:
    assert "".join("".join(split(text)).split()) == "".join(text.split())


@pytest.mark.parametrize("piece", [".", ".'", "\n", "\n ", " ", "!", "”", "A"])
def test_a_hostile_megabyte_is_split_in_linear_time(piece: str) -> None:
    assert len(sentences(piece * 1_000_000)) <= 1
