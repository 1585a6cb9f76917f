"""The sections of config.yaml: every key, its type, its default and its meaning.

A new key is one line here, and its field in `monitor.settings` under the same name; the JSON
Schema, the checks and the hints on misspelt keys follow from it. The docstrings and descriptions
are the schema's texts. Channels have their keys in `monitor.channels`.
"""

from typing import Annotated, Any, Union

from pydantic import Field, create_model
from pydantic.json_schema import GenerateJsonSchema

from monitor import __version__
from monitor.channels.config import ChannelConfig
from monitor.channels.registry import KINDS
from monitor.config.values import (
    HeartbeatInterval,
    Language,
    ListenAt,
    ListName,
    PollInterval,
    RetentionTime,
    Size,
    Timeout,
)
from monitor.fields.section import Section
from monitor.fields.types import (
    Cidr,
    Duration,
    FieldName,
    FieldValue,
    Name,
    SecretLine,
    Text,
    Zone,
    default_text,
    one_or_more,
)
from monitor.fields.units import format_size
from monitor.model import Level, Reason
from monitor.settings import Heartbeat, Listen, NetworkSettings, PollSettings, Retention

_HEARTBEAT_EVERY = Heartbeat(url="").every
_KEEP: Any = Retention().unmatched

_POLL = PollSettings()
VERSION_AGENT = f"news-monitor/{__version__}"

_NETWORK = NetworkSettings(user_agent=VERSION_AGENT)
_MAX_BODY: Any = format_size(_NETWORK.max_body)


def _written_listen(listen: Listen) -> Any:
    return str(listen)


class PollConfig(Section):
    """When sources are asked."""

    every: PollInterval = Field(
        default_text(_POLL.every), description="The wait between two polls of a source."
    )
    min: PollInterval | None = Field(None, description="An adapting interval is never shorter.")
    max: PollInterval | None = Field(None, description="An adapting interval is never longer.")
    first_alert_age: Duration = Field(
        default_text(_POLL.first_alert_age),
        description="At the first sight of a source only articles younger than this alert.",
    )


class NetworkConfig(Section):
    """How the network is used."""

    allow_private: Annotated[list[Cidr], one_or_more(str)] = Field(
        [], description="Networks (CIDR) that may be fetched although they are private."
    )
    user_agent: FieldValue = Field(
        VERSION_AGENT, description="How we name ourselves to sites; name a contact in it."
    )
    timeout: Timeout = Field(default_text(_NETWORK.timeout), description="For one whole answer.")
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
        default_text(_NETWORK.host_delay),
        description="At least, between two article fetches of one site.",
    )
    robots: bool = Field(_NETWORK.robots, description="Obey robots.txt for articles.")


class SourceConfig(Section):
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
    password: SecretLine | None = Field(None, description="For HTTP basic authentication.")
    password_file: Text | None = Field(None, description="A file that holds the password.")
    password_env: Text | None = Field(None, description="A variable that holds the password.")
    token: SecretLine | None = Field(None, description="Sent as `Authorization: Bearer`.")
    token_file: Text | None = Field(None, description="A file that holds the token.")
    token_env: Text | None = Field(None, description="A variable that holds the token.")


class IncludeConfig(Section):
    """More of this list: sources from OPML or YAML files, topics from YAML files."""

    include: Text = Field(
        description="A file relative to this one, or a pattern.", examples=["feeds.opml", "*.yaml"]
    )


class TopicConfig(Section):
    """A rule, and who receives its alerts."""

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
    at_least: Level = Field(
        Level.MENTION,
        description="Alert from this level on: mention, likely or about. Others are only stored.",
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


class AlertsConfig(Section):
    """Who receives messages that are not news."""

    operator: Annotated[list[Name], one_or_more(str)] | None = Field(
        None, description="Channels that receive reports of trouble; left out: every channel."
    )


class HttpConfig(Section):
    """What the daemon serves to those who monitor it: /metrics, /healthz, /readyz."""

    listen: ListenAt = Field(
        _written_listen(Listen()),
        description='Address and port; everybody who reaches it may read it. "": serve nothing.',
    )


class HeartbeatConfig(Section):
    """An address that is requested while all is well; a service there reports its silence."""

    url: Text = Field(description="Visited by GET.", examples=["https://hc-ping.com/…"])
    every: HeartbeatInterval = Field(default_text(_HEARTBEAT_EVERY), description="How often.")


class Config(Section):
    """The configuration of news-monitor."""

    database: Text = Field("news.db", description="The SQLite file, relative to this one.")
    database_group: bool = Field(False, description="Let the file's group read the database.")
    timezone: Zone | None = Field(None, description="The reader's; default: this machine's.")
    alerts: AlertsConfig = Field(default_factory=AlertsConfig, description="Who hears of trouble.")
    archive: bool = Field(False, description="Keep the raw page of each revision, compressed.")
    keep: RetentionTime = Field(
        default_text(_KEEP), description="How long articles are kept that never matched a topic."
    )
    keep_matched: RetentionTime | None = Field(
        None, description="How long those that did, with their alerts; left out: for ever."
    )
    http: HttpConfig = Field(
        default_factory=HttpConfig, description="For those who watch the daemon."
    )
    heartbeat: HeartbeatConfig | None = Field(None, description="An outside watcher's address.")
    poll: PollConfig = Field(default_factory=PollConfig, description="When sources are asked.")
    network: NetworkConfig = Field(
        default_factory=NetworkConfig, description="How the network is used."
    )
    sources: list[SourceConfig | IncludeConfig] = Field([], description="What to watch.")
    lists: dict[ListName, Annotated[list[Text], Field(min_length=1), one_or_more(str)]] = Field(
        {},
        description="Words that rules name together, as @agencies; those under the name of a"
        " built-in list, such as @border_places, are added to it.",
    )
    topics: list[TopicConfig | IncludeConfig | Name] | None = Field(
        None, description="What to look for; left out: the built-in topics, to every channel."
    )
    channels: list[ChannelConfig] = Field([], description="Whom to tell.")


LISTS = ("sources", "topics", "channels")  # their items are checked one by one


class _SchemaWriter(GenerateJsonSchema):
    """JSON Schema writer that names the sections without our models' suffix."""

    def normalize_name(self, name: str) -> str:
        """Drop the suffix `Config`."""
        return super().normalize_name(name).removesuffix("Config")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of config.yaml, for editors, with every kind of channel."""
    kinds: Any = Union[tuple(kind.config for kind in KINDS.values())]  # noqa: UP007 (no literal)
    channels = list[Annotated[kinds, Field(discriminator="type")]]
    whole = create_model(
        "Config",
        __base__=Config,
        __doc__=Config.__doc__,
        channels=(channels, Config.model_fields["channels"]),
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **whole.model_json_schema(schema_generator=_SchemaWriter),
        "title": "news-monitor config.yaml",
    }
