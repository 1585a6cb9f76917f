"""Generated stories whose every edit has a known kind, because it was made that way."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from monitor.model import ChangeKind

PLANTS = ("tariff", "border", "visa")  # the words that topics look for
SENTENCES, LONG = 5, 30  # of a post, and of one that another outlet may copy
MOST_FACTS, MOST_NOTES = 3, 2  # more would make a shorter text look like a teaser of a longer one


def _set(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_WORDS = _set(
    """
    about above after again along among apple around autumn baker basket beach bench bird
    blanket board bottle branch bread bridge brother brown bucket building button candle carpet
    castle chair child church circle clean clear close cloud coast coffee copper corner cotton
    cousin cream crowd daughter dinner doctor drawer early earth engine evening family farmer
    father feather fence field finger flower forest friend garden gentle glass grass green
    ground harbor hammer heavy hollow honey horse island jacket kettle kitchen ladder large
    leather letter light little machine market meadow minute mirror modern morning mother
    mountain narrow needle neighbour orange orchard ordinary paper pencil people picture pillow
    planet plate pocket potato quarter quiet rabbit river sailor school season shadow shelter
    silver simple sister slow small smooth soft spring square stairs station stone street strong
    summer table thunder timber travel under valley village voice wagon walnut water weather
    wheel white window winter wooden yellow young
    """
)
_PLANT_NUMBERS = {"tariff": 31, "border": 37, "visa": 41}


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a reader can read of a story at one time."""

    headline: int = 0
    typo: bool = False
    facts: frozenset[int] = frozenset()
    plants: frozenset[str] = frozenset()
    notes: int = 0


def kind_of(old: State, new: State) -> ChangeKind:
    """What an editor did between two states."""
    if new.notes > old.notes:
        return ChangeKind.CORRECTION
    if (new.facts, new.plants, new.notes) != (old.facts, old.plants, old.notes):
        return ChangeKind.MATERIAL
    return ChangeKind.HEADLINE if new.headline != old.headline else ChangeKind.COSMETIC


@dataclass(slots=True, kw_only=True)
class Post:
    """One story at one outlet: the truth of which an article row must tell. Copies share `text`."""

    number: int
    text: int  # seed of the words
    outlet: str
    guid: str | None
    link: str | None
    published: datetime | None
    paged: bool  # whether its page is fetched
    state: State
    is_long: bool = False
    is_moved: bool = False  # whether its address changed
    updated: datetime | None = None
    changed_at: datetime | None = None  # when its page was last edited
    history: list[State] = field(default_factory=list)

    @property
    def token(self) -> str:
        return token_of(self.number)

    @property
    def key(self) -> str:
        """Its identity within a feed."""
        found = self.guid or self.link
        assert found is not None
        return found

    def edit(self, state: State) -> None:
        self.history.append(self.state)
        self.state = state


def token_of(number: int) -> str:
    """A name that stands at the beginning of every headline of one post: Qaaab, Qaaac, …"""
    letters = ""
    for _ in range(4):
        number, rest = divmod(number, 26)
        letters = chr(ord("a") + rest) + letters
    return f"Q{letters}"


def title(post: Post, state: State) -> str:
    words = _picked(f"headline {post.text} {state.headline}", 6)
    return f"{post.token} {' '.join(words)}"


def sentences(post: Post, state: State) -> list[str]:
    """No five words in a row are those of another story: two posts are alike only as copies."""
    count = LONG if post.is_long else SENTENCES
    made = [_sentence(post.text, index) for index in range(count)]
    if state.typo:
        made[0] = made[0].replace("afternoon", "aftrnoon")
    made += [
        _filled(
            post.text, f"{{}} {plant} {{}} {_PLANT_NUMBERS[plant]} members {{}} council {{}} {{}}"
        )
        for plant in sorted(state.plants)
    ]
    made += [
        _filled(post.text, f"{{}} {200 + fact} lorries {{}} {{}} gate {{}} {{}} watch {{}} {{}}")
        for fact in sorted(state.facts)
    ]
    made += [
        _filled(post.text, f"Correction: {{}} line {500 + note} {{}} {{}} ledger {{}} {{}} {{}}")
        for note in range(state.notes)
    ]
    return made


def _filled(text: int, form: str) -> str:
    sentence = form.format(*_picked(f"{text} {form}", form.count("{}")))
    return f"{sentence[0].upper()}{sentence[1:]}."


def paragraphs(post: Post, state: State) -> str:
    return "".join(f"<p>{escape(one)}</p>" for one in sentences(post, state))


def teaser(post: Post) -> str:
    """What a feed shows of a story whose page is fetched: no edit changes it."""
    return f"<p>{_sentence(post.number, 1000)}</p>"


def page(post: Post, state: State) -> str:
    head = escape(title(post, state))
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>{head}</title>'
        '<meta property="og:type" content="article"></head><body><main><article>'
        f"<h1>{head}</h1>{paragraphs(post, state)}</article></main></body></html>"
    )


def _sentence(text: int, index: int) -> str:
    words = _picked(f"sentence {text} {index}", 14)
    return (
        f"On afternoon {' '.join(words[:3])} the {' '.join(words[3:7])} of {' '.join(words[7:])}."
    )


def _picked(seed: str, count: int) -> list[str]:
    return random.Random(seed).sample(_WORDS, count)
