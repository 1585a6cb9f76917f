"""The shape of config.yaml: every key, its type, its default, its meaning.

A key is added here and in `load.py`, nowhere else; the JSON Schema comes from it.
"""

from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from monitor.config import duration, size
from monitor.model import Reason

VERSION_AGENT = "news-monitor (+https://example.org/contact; set network.user_agent)"


def _zone(name: str) -> str:
    import difflib

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        near = difflib.get_close_matches(name, available_timezones(), n=1)
        hint = f"; did you mean {near[0]}?" if near else ", such as America/Phoenix"
        raise ValueError(f"'{name}' is no time zone of the IANA database{hint}") from error
    return name


def _cidr(text: str) -> str:
    try:
        ip_network(text)
    except ValueError as error:
        raise ValueError(f"'{text}' is no network such as 10.0.0.0/8: {error}") from error
    return text


def _address(text: str) -> str:
    local, at, domain = text.rpartition("@")
    if not (local and at and domain) or any(c.isspace() for c in text):
        raise ValueError(f"'{text}' is no e-mail address such as desk@example.org")
    return text


def _word(value: Any) -> Any:
    """A name that YAML reads as a number is still a name."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _least_second(value: timedelta) -> timedelta:
    if value < timedelta(seconds=1):
        raise ValueError("at least 1s (5m is sensible)")
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d+[smhd]$", "examples": ["15m"]}),
]
Every = Annotated[Duration, AfterValidator(_least_second)]
Size = Annotated[
    int,
    BeforeValidator(size),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["10MB"]}),
]
Zone = Annotated[str, AfterValidator(_zone)]
Cidr = Annotated[str, AfterValidator(_cidr)]
Address = Annotated[str, AfterValidator(_address)]
Name = Annotated[str, BeforeValidator(_word), Field(min_length=1, max_length=200)]
Text = Annotated[str, BeforeValidator(_word)]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Poll(Shape):
    every: Every = Field(timedelta(minutes=15), description="How often each source is asked.")
    min: Every | None = Field(None, description="With max: the interval may adapt down to this.")
    max: Every | None = Field(None, description="With min: the interval may adapt up to this.")
    first_alert_age: Duration = Field(
        timedelta(hours=24),
        description="At the first sight of a source only younger articles alert.",
    )


class Network(Shape):
    allow_private: list[Cidr] = Field([], description="Private networks that may be fetched.")
    user_agent: str = Field(VERSION_AGENT, description="Who we say we are; name a contact.")
    timeout: Duration = Field(timedelta(seconds=20), description="For one whole answer.")
    max_body: Size = Field(10_000_000, description="Of one answer, decompressed.")
    host_connections: int = Field(2, ge=1, le=16, description="At most, per site.")
    host_delay: Duration = Field(
        timedelta(seconds=5), description="At least, between two article fetches of one site."
    )
    robots: bool = Field(True, description="Obey robots.txt for articles.")


class Source(Shape):
    name: Name = Field(description="Unique.")
    url: str = Field(description="The feed's address.")
    every: Every | None = Field(None, description="Instead of poll.every.")
    timezone: Zone | None = Field(None, description="For stamps that name no zone.")
    language: str | None = Field(None, description="Such as en or es.")
    fetch_articles: bool = Field(True, description="false: the feed's own text only.")
    enabled: bool = True
    headers: dict[str, Text] = Field({}, description="Sent with every request to the feed.")
    username: str | None = None
    password: Text | None = None
    password_file: str | None = None
    password_env: str | None = None
    token: Text | None = Field(None, description="Sent as Authorization: Bearer.")
    token_file: str | None = None
    token_env: str | None = None


class Include(Shape):
    include: str = Field(description="An OPML or YAML file of sources.")


class Topic(Shape):
    name: Name
    match: Text | None = Field(None, description="The rule; omitted for a built-in topic.")
    alert: list[Name] | None = Field(None, description="Channels; omitted: all; []: none.")
    on: list[Reason] = Field([Reason.NEW, Reason.UPDATED], description="What to hear of.")


class Smtp(Shape):
    host: str = "localhost"
    port: int = Field(25, ge=1, le=65535)
    user: str | None = None
    password: Text | None = None
    password_file: str | None = None
    password_env: str | None = None
    tls: Literal["starttls", "implicit", "none"] = Field(
        "starttls", description="none only to the loopback interface."
    )


class Channel(Shape):
    name: Name
    allow_private: list[Cidr] = Field([], description="Private networks it may reach.")
    retry: list[Duration] | None = Field(None, description="The wait after each failure.")
    max_per_hour: int = Field(100, ge=0, description="Messages a topic; 0: no limit.")


class Email(Channel):
    type: Literal["email"]
    to: list[Address] = Field(min_length=1, description="Who gets the mail.")
    sender: Address = Field(alias="from")
    smtp: Smtp = Smtp()


class Webhook(Channel):
    type: Literal["webhook"]
    url: str
    secret: Text | list[Text] | None = Field(
        None, description="whsec_…; several while you rotate them, the newest first."
    )
    secret_file: str | None = None
    secret_env: str | None = None


class Config(Shape):
    """The whole file, with its lists still unread: each item is checked by itself."""

    database: str = Field("news.db", description="A path, relative to this file.")
    timezone: Zone | None = Field(None, description="The reader's; default: the machine's.")
    poll: Poll = Poll()
    network: Network = Network()
    sources: list[Source | Include] = []
    topics: list[Topic | str] | None = Field(None, description="Default: the built-in three.")
    channels: list[Annotated[Email | Webhook, Field(discriminator="type")]] = []


def schema() -> dict[str, Any]:
    """The JSON Schema of config.yaml, for editors."""
    return Config.model_json_schema()
