"""The keys of an e-mail channel."""

import re
from collections.abc import Iterator
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from monitor.channels.config import GuardedChannelConfig
from monitor.channels.kind import CheckContext, Problem
from monitor.fields.hints import quoted
from monitor.fields.section import Section
from monitor.fields.types import SecretLine, Text, one_or_more, unique

SMTP_PORT, SMTPS_PORT = 25, 465
MAX_CONTACT = 900  # characters
_ADDRESS = re.compile(r"[^@\s<>\"(),:;\\]{1,64}@[^@\s<>\"(),:;\\]{1,255}")
_MAILBOX = re.compile(r"([^<>@\x00-\x1f]{0,200}?) ?<([^<>]+)>")


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{quoted(text)} is no e-mail address: write one as desk@example.org")
    return text


def _contact(text: str) -> str:
    if text.isascii() and text.isprintable() and len(text) <= MAX_CONTACT:
        address = text.removeprefix("mailto:").partition("?")[0]
        if text.startswith("mailto:") and _ADDRESS.fullmatch(address):
            return text
        if re.fullmatch(r"https://[^\s<>\"/]+[^\s<>\"]*", text):
            return text
    advice = "write mailto:desk@example.org or an https address"
    raise ValueError(f"{quoted(text)} is no way to unsubscribe: {advice}")


def _mailbox(text: str) -> str:
    found = _MAILBOX.fullmatch(text)
    _address(found[2] if found else text)
    return text


Address = Annotated[str, AfterValidator(_address)]
Contact = Annotated[str, AfterValidator(_contact)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]


class Tls(StrEnum):
    """How a connection to a mail server is encrypted."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


class SmtpConfig(Section):
    """The server that takes the mail."""

    host: Text = Field("localhost", description="Its name or address.")
    port: int | None = Field(
        None, ge=1, le=65_535, description="Default: 25, and 465 with `tls: implicit`."
    )
    user: Text | None = Field(None, description="For AUTH.")
    password: SecretLine | None = Field(None, description="For AUTH.", repr=False)
    password_file: Text | None = Field(None, description="A file that holds the password.")
    password_env: Text | None = Field(None, description="A variable that holds the password.")
    tls: Tls = Field(Tls.STARTTLS, description="`none` only to this machine.")

    @field_validator("tls")
    @classmethod
    def _clear_text_stays_here(cls, tls: Tls, info: ValidationInfo) -> Tls:
        host = info.data.get("host")
        if tls is Tls.NONE and host is not None and not is_loopback(host):
            message = "none sends all in clear and is for this machine only"
            raise ValueError(f"{message}: write starttls or implicit")
        return tls

    @property
    def server_port(self) -> int:
        """The port that was written, else the usual one."""
        return self.port or (SMTPS_PORT if self.tls is Tls.IMPLICIT else SMTP_PORT)


class EmailConfig(GuardedChannelConfig):
    """Alerts by e-mail."""

    type: Literal["email"] = Field(description="`email`")
    to: Annotated[tuple[Address, ...], one_or_more(str), AfterValidator(unique)] = Field(
        min_length=1, max_length=1_000, description="Recipients.", examples=["desk@example.org"]
    )
    sender: Mailbox = Field(
        alias="from", description="The sender.", examples=["monitor@example.org"]
    )
    smtp: SmtpConfig = Field(
        default_factory=SmtpConfig, description="The server; default: this machine's."
    )
    contact: Contact | None = Field(
        None,
        description="Where a reader may unsubscribe: `mailto:` or `https:`.",
        examples=["mailto:desk@example.org"],
    )


def target(config: EmailConfig) -> str:
    """Return the server and the recipients."""
    return f"{config.smtp.host}:{config.smtp.server_port} {' '.join(config.to)}"


def problems(config: EmailConfig, context: CheckContext) -> Iterator[Problem]:
    """Find a password that is never sent."""
    if config.smtp.password and not config.smtp.user:
        message = "is not used without a `user` beside it"
        yield Problem(path=("smtp", "password"), message=message, warning=True)


def is_loopback(host: str) -> bool:
    """Tell whether a server, by its name or address alone, is this machine."""
    if host.rstrip(".").lower() in ("localhost", "ip6-localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
