"""The shape of config.yaml: every key, its kind, its default and its meaning.

A new key is one line here (and its field in `monitor.settings`, under the same name); the JSON
Schema, the checks and the hints on misspelt keys follow from it.
"""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from monitor import __version__
from monitor.config.values import (
    Address,
    Argument,
    CommandTimeout,
    Contact,
    HeartbeatInterval,
    Language,
    ListenAt,
    ListName,
    Mailbox,
    PollInterval,
    Retention,
    Size,
    Timeout,
)
from monitor.fields.section import Section
from monitor.fields.types import (
    Cidr,
    ClockTime,
    DigestClock,
    Duration,
    FieldName,
    FieldValue,
    Name,
    Text,
    Zone,
    one_or_more,
    written_default,
)
from monitor.fields.units import size_text
from monitor.model import Reason
from monitor.settings import RETRY, Keep, Listen, NetworkSettings, PollSettings, Tls
from monitor.settings import Group as GroupSettings
from monitor.settings import Heartbeat as HeartbeatSettings

_BEAT = HeartbeatSettings(url="").every
_KEEP: Any = Keep().unmatched

_POLL = PollSettings()
_GROUP = GroupSettings()
VERSION_AGENT = f"news-monitor/{__version__}"

_NETWORK = NetworkSettings(user_agent=VERSION_AGENT)
_MAX_BODY: Any = size_text(_NETWORK.max_body)


def _written_listen(listen: Listen) -> Any:
    return str(listen)


class Poll(Section):
    """When sources are asked."""

    every: PollInterval = Field(
        written_default(_POLL.every), description="The wait between two polls of a source."
    )
    min: PollInterval | None = Field(None, description="An adapting interval is never shorter.")
    max: PollInterval | None = Field(None, description="An adapting interval is never longer.")
    first_alert_age: Duration = Field(
        written_default(_POLL.first_alert_age),
        description="At the first sight of a source only articles younger than this alert.",
    )


class Network(Section):
    """How the network is used."""

    allow_private: Annotated[list[Cidr], one_or_more(str)] = Field(
        [], description="Networks (CIDR) that may be fetched although they are private."
    )
    user_agent: FieldValue = Field(
        VERSION_AGENT, description="How we name ourselves to sites; name a contact in it."
    )
    timeout: Timeout = Field(written_default(_NETWORK.timeout), description="For one whole answer.")
    max_body: Size = Field(
        _MAX_BODY,
        ge=1_000,
        le=1_000_000_000,
        description="Of one answer, unpacked.",
    )
    host_connections: int = Field(
        _NETWORK.host_connections, ge=1, le=100, description="At most, to one site at a time."
    )
    host_delay: Duration = Field(
        written_default(_NETWORK.host_delay),
        description="At least, between two article fetches of one site.",
    )
    robots: bool = Field(_NETWORK.robots, description="Obey robots.txt for articles.")


class Source(Section):
    """A feed to watch."""

    name: Name = Field(description="Unique among the sources.", examples=["kjzz"])
    url: Text = Field(description="The feed's address.", examples=["https://example.org/rss"])
    every: PollInterval | None = Field(None, description="The wait between polls; else poll.every.")
    timezone: Zone | None = Field(None, description="Of stamps that name no zone.")
    language: Language | None = Field(None, description="Of articles that name none: en, es, …")
    fetch_articles: bool = Field(
        True, description="Read each article's page; false: the feed's own text only."
    )
    enabled: bool = Field(True, description="false: keep what is stored, poll no more.")
    headers: dict[FieldName, FieldValue] = Field({}, description="Sent with each request.")
    username: Text | None = Field(None, description="For HTTP basic authentication.")
    password: Text | None = Field(None, description="For HTTP basic authentication.")
    password_file: Text | None = Field(None, description="A file that holds the password.")
    password_env: Text | None = Field(None, description="A variable that holds the password.")
    token: Text | None = Field(None, description="Sent as `Authorization: Bearer`.")
    token_file: Text | None = Field(None, description="A file that holds the token.")
    token_env: Text | None = Field(None, description="A variable that holds the token.")


class Include(Section):
    """More of this list: sources from OPML or YAML files, topics from YAML files."""

    include: Text = Field(
        description="A file relative to this one, or a pattern.", examples=["feeds.opml", "*.yaml"]
    )


class Topic(Section):
    """A rule, and who hears of what."""

    name: Name = Field(description="Unique among the topics.", examples=["tariff"])
    match: Text | None = Field(
        None, description="The rule; a built-in topic has its own.", examples=["tariff OR duty"]
    )
    alert: Annotated[list[Name], one_or_more(str)] | None = Field(
        None, description="Names of channels; left out: every channel; []: none."
    )
    on: Annotated[list[Reason], one_or_more(Reason)] = Field(
        [Reason.NEW, Reason.UPDATED], min_length=1, description="What raises an alert."
    )
    spread: list[Annotated[int, Field(ge=2)]] = Field(
        [], description="A known story alerts again when so many sources have it, as [5, 20]."
    )
    breaking: Text | None = Field(
        None, description="A rule: what it finds too goes out at once, past grouping."
    )
    at_most: int = Field(
        6, ge=0, description="Update messages a day of one article and channel. 0: no limit."
    )
    max_per_day: int | None = Field(
        None, ge=1, description="`check` warns when the stored articles would have made more."
    )
    renamed_from: Name | None = Field(
        None, description="Its former name: matches, alerts and silences are carried over."
    )


class Smtp(Section):
    """The server that takes the mail."""

    host: Text = Field("localhost", description="Its name or address.")
    port: int | None = Field(
        None, ge=1, le=65_535, description="Default: 25, and 465 with `tls: implicit`."
    )
    user: Text | None = Field(None, description="For AUTH.")
    password: Text | None = Field(None, description="For AUTH.")
    password_file: Text | None = Field(None, description="A file that holds the password.")
    password_env: Text | None = Field(None, description="A variable that holds the password.")
    tls: Tls = Field(Tls.STARTTLS, description="`none` only to this machine.")


class Group(Section):
    """The first alert of a group waits a little for companions."""

    wait: Duration = Field(
        written_default(_GROUP.wait), description="How long the first alert waits."
    )
    interval: Duration = Field(
        written_default(_GROUP.interval), description="Between a group's messages."
    )
    by: Annotated[list[Literal["topic", "source"]], one_or_more(str)] = Field(
        ["topic"], min_length=1, description="What makes a group: topic, source, or both."
    )


class Quiet(Section):
    """Hours without messages; what came up in them goes out as one digest when they end."""

    start: ClockTime = Field(alias="from", description="When the silence begins, as 22:00.")
    end: ClockTime = Field(alias="to", description="When it ends; may be on the next day.")
    zone: Zone | None = Field(None, description="Of these hours; default: the reader's.")
    exempt: Annotated[list[Name], one_or_more(str)] = Field(
        [], alias="except", description="Topics that go out all the same, or `breaking`."
    )


class Channel(Section):
    name: Name = Field(description="Unique among the channels.", examples=["desk"])
    retry: list[Duration] = Field(
        [*map(written_default, RETRY)],
        max_length=100,
        description="The wait after each failure; then dead.",
    )
    max_per_hour: int = Field(
        100, ge=0, description="Per topic; the surplus comes as a digest. 0: no limit."
    )
    group: Group | None = Field(None, description="Collect alerts that come close together.")
    digest: DigestClock | None = Field(
        None, description="One message a day, or a week, at this time: `08:00`, `mon 08:00`."
    )
    quiet: Quiet | None = Field(None, description="Hours in which nothing is sent.")


class Guarded(Channel):
    allow_private: Annotated[list[Cidr], one_or_more(str)] = Field(
        [], description="Networks (CIDR) that this channel may reach although they are private."
    )


class Email(Guarded):
    """Alerts by e-mail."""

    type: Literal["email"] = Field(description="`email`")
    to: Annotated[list[Address], one_or_more(str)] = Field(
        min_length=1, max_length=1_000, description="Recipients.", examples=["desk@example.org"]
    )
    sender: Mailbox = Field(
        alias="from", description="The sender.", examples=["monitor@example.org"]
    )
    smtp: Smtp = Field(default_factory=Smtp, description="The server; default: this machine's.")
    contact: Contact | None = Field(
        None,
        description="Where a reader may unsubscribe: `mailto:` or `https:`.",
        examples=["mailto:desk@example.org"],
    )


class Webhook(Guarded):
    """Alerts by HTTP, signed as Standard Webhooks describes."""

    type: Literal["webhook"] = Field(description="`webhook`")
    url: Text = Field(
        description="Where messages are posted.", examples=["https://example.org/hook"]
    )
    secret: Annotated[list[Text], one_or_more(str)] | None = Field(
        None, description="`whsec_…`; several while changing them, the newest first."
    )
    secret_file: Text | None = Field(None, description="A file of secrets, one a line.")
    secret_env: Text | None = Field(None, description="A variable of secrets, blanks between.")
    headers: dict[FieldName, FieldValue] = Field({}, description="Sent with each message.")
    template: Text | None = Field(
        None, description="What is posted in the payload's place, in jinja2; JSON by default."
    )
    content_type: FieldValue | None = Field(
        None, description="Of what the template makes, if it is no JSON.", examples=["text/plain"]
    )


class Command(Channel):
    """Alerts as JSON on the standard input of a program."""

    type: Literal["command"] = Field(description="`command`")
    command: Annotated[list[Argument], one_or_more(str)] = Field(
        min_length=1,
        max_length=1_000,
        description="The program and its arguments, one an item; no shell reads them.",
        examples=["[/usr/local/bin/tell, --urgent]"],
    )
    timeout: CommandTimeout = Field(
        written_default(timedelta(seconds=30)), description="Then it is stopped, and tried again."
    )


class Apprise(Channel):
    """Alerts through any service that the library apprise knows."""

    type: Literal["apprise"] = Field(description="`apprise`")
    urls: Annotated[list[Text], one_or_more(str)] | None = Field(
        None, description="Where to, as apprise writes it.", examples=["[tgram://token/chat]"]
    )
    urls_file: Text | None = Field(None, description="A file of urls, one a line.")
    urls_env: Text | None = Field(None, description="A variable of urls, one a line.")


class Alerts(Section):
    """Who hears of what is not news."""

    operator: Annotated[list[Name], one_or_more(str)] | None = Field(
        None, description="Channels that are told of trouble; left out: every channel."
    )


class Http(Section):
    """What the daemon serves to those who watch it: /metrics, /healthz, /readyz."""

    listen: ListenAt = Field(
        _written_listen(Listen()),
        description='Address and port; everybody who reaches it may read it. "": serve nothing.',
    )


class Heartbeat(Section):
    """An address that is asked for while all is well; a service there tells of its silence."""

    url: Text = Field(description="Visited by GET.", examples=["https://hc-ping.com/…"])
    every: HeartbeatInterval = Field(written_default(_BEAT), description="How often.")


class Config(Section):
    """The configuration of news-monitor."""

    database: Text = Field("news.db", description="The SQLite file, relative to this one.")
    database_group: bool = Field(False, description="Let the file's group read the database.")
    timezone: Zone | None = Field(None, description="The reader's; default: this machine's.")
    alerts: Alerts = Field(default_factory=Alerts, description="Who hears of trouble.")
    archive: bool = Field(False, description="Keep the raw page of each revision, compressed.")
    keep: Retention = Field(
        written_default(_KEEP), description="How long articles are kept that never matched a topic."
    )
    keep_matched: Retention | None = Field(
        None, description="How long those that did, with their alerts; left out: for ever."
    )
    http: Http = Field(default_factory=Http, description="For those who watch the daemon.")
    heartbeat: Heartbeat | None = Field(None, description="An outside watcher's address.")
    poll: Poll = Field(default_factory=Poll, description="When sources are asked.")
    network: Network = Field(default_factory=Network, description="How the network is used.")
    sources: list[Source | Include] = Field([], description="What to watch.")
    lists: dict[ListName, Annotated[list[Text], Field(min_length=1), one_or_more(str)]] = Field(
        {}, description="Words that rules name together, as @agencies."
    )
    topics: list[Topic | Include | Name] | None = Field(
        None, description="What to look for; left out: the built-in topics, to every channel."
    )
    channels: list[Annotated[Email | Webhook | Command | Apprise, Field(discriminator="type")]] = (
        Field([], description="Whom to tell.")
    )


LISTS = ("sources", "topics", "channels")  # their items are checked one by one
CHANNELS: dict[str, type[Channel]] = {
    "email": Email,
    "webhook": Webhook,
    "command": Command,
    "apprise": Apprise,
}


def schema() -> dict[str, Any]:
    """The JSON Schema of config.yaml, for editors."""
    described = Config.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **described,
        "title": "news-monitor config.yaml",
    }
