"""The keys of `channels:` that every kind has; each kind's own model builds on these."""

from typing import Annotated, Literal

from pydantic import Field

from monitor.fields.section import Section
from monitor.fields.types import (
    Cidr,
    ClockTime,
    DigestClock,
    Duration,
    Name,
    Zone,
    default_text,
    one_or_more,
)
from monitor.settings import RETRY, Group, Pace, Quiet

_GROUP = Group()


class GroupConfig(Section):
    """The first alert of a group waits a little for companions."""

    wait: Duration = Field(default_text(_GROUP.wait), description="How long the first alert waits.")
    interval: Duration = Field(
        default_text(_GROUP.interval), description="Between a group's messages."
    )
    by: Annotated[tuple[Literal["topic", "source"], ...], one_or_more(str)] = Field(
        ("topic",), min_length=1, description="What makes a group: topic, source, or both."
    )

    def group(self) -> Group:
        """Return the grouping that alerts are batched by."""
        return Group(wait=self.wait, interval=self.interval, by=self.by)


class QuietConfig(Section):
    """Hours without messages; what came up in them goes out as one digest when they end."""

    start: ClockTime = Field(alias="from", description="When the silence begins, as 22:00.")
    end: ClockTime = Field(alias="to", description="When it ends; may be on the next day.")
    zone: Zone | None = Field(None, description="Of these hours; default: the reader's.")
    exempt: Annotated[tuple[Name, ...], one_or_more(str)] = Field(
        (), alias="except", description="Topics that go out all the same, or `breaking`."
    )

    def quiet(self) -> Quiet:
        """Return the hours that alerts are held over."""
        return Quiet(
            start=self.start, end=self.end, timezone=self.zone, exempt=frozenset(self.exempt)
        )


class ChannelConfig(Section):
    """The keys of every channel. A kind narrows `type` to its own name."""

    name: Name = Field(description="Unique among the channels.", examples=["desk"])
    retry: tuple[Duration, ...] = Field(
        tuple(map(default_text, RETRY)),
        max_length=100,
        description="The wait after each failure; then dead.",
    )
    max_per_hour: int = Field(
        100, ge=0, description="Per topic; the surplus comes as a digest. 0: no limit."
    )
    group: GroupConfig | None = Field(None, description="Collect alerts that come close together.")
    digest: DigestClock | None = Field(
        None, description="One message a day, or a week, at this time: `08:00`, `mon 08:00`."
    )
    quiet: QuietConfig | None = Field(None, description="Hours in which nothing is sent.")
    type: str

    def pace(self, timezone: str) -> Pace:
        """Return how fast the channel may send. `timezone`: the reader's, of the digest."""
        return Pace(
            max_per_hour=self.max_per_hour,
            group=self.group.group() if self.group else None,
            digest=self.digest,
            quiet=self.quiet.quiet() if self.quiet else None,
            timezone=timezone,
        )


class GuardedChannelConfig(ChannelConfig):
    """The keys of every channel that connects to other machines through the guard."""

    allow_private: Annotated[tuple[Cidr, ...], one_or_more(str)] = Field(
        (), description="Networks (CIDR) that this channel may reach although they are private."
    )
