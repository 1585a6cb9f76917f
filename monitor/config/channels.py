"""`channels:` → how people are reached."""

import base64
import binascii
import importlib.util
import shutil
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TypedDict

from monitor.config import schema
from monitor.config.diagnostics import Remarks
from monitor.config.names import Names
from monitor.config.nodes import Node
from monitor.config.secrets import place_of, secret, secret_lines
from monitor.config.source_positions import spot_in
from monitor.config.url_policy import refusal
from monitor.config.validation import checked
from monitor.core.addresses import AddressPolicy
from monitor.errors import TemplateError
from monitor.fields.hints import nearest, shown
from monitor.settings import (
    AppriseSettings,
    ChannelSettings,
    CommandSettings,
    DigestTime,
    EmailSettings,
    Group,
    Quiet,
    Smtp,
    Tls,
    WebhookSettings,
)

JSON_TYPE = "application/json"
SMTP_PORT, SMTPS_PORT = 25, 465
NEW_SECRET = 'make one with `echo "whsec_$(openssl rand -base64 32)"`'


class ChannelReader:
    """Reads the items of `channels:`.

    `folder` is where relative secret files are looked up, and commands run; `text` is what the
    file holds; every channel may reach the networks
    in `allowed` (CIDRs) beside its own.
    """

    def __init__(self, folder: Path, text: str, allowed: Iterable[str], remarks: Remarks) -> None:
        self._folder = folder
        self._text = text
        self._allowed = tuple(allowed)
        self._remarks = remarks

    def read(self, node: Node | None) -> tuple[ChannelSettings, ...]:
        read = (self._channel(item) for item in (node.items() if node else ()))
        return tuple(channel for channel in read if channel)

    def _channel(self, node: Node) -> ChannelSettings | None:
        """Secrets and encryption are looked at first, so that no other fault hides theirs."""
        kind = node.get("type")
        name = kind.value if kind and isinstance(kind.value, str) else ""
        if name not in schema.CHANNELS and isinstance(node.value, dict):
            said = f"type: {shown(name)} is no kind of channel" if kind else "'type' is missing"
            self._remarks.fault(kind or node, f"{said}{nearest(name, schema.CHANNELS)}")
            return None
        match name:
            case "webhook":
                return self._webhook(node)
            case "command":
                return self._command(node)
            case "apprise":
                return self._apprise(node)
            case _:
                return self._email(node)

    def _email(self, node: Node) -> EmailSettings | None:
        server = node.get("smtp")
        password = self._password(server) if server else None
        written = checked(schema.Email, node, self._remarks)
        if written is None:
            return None
        return EmailSettings(
            name=written.name,
            to=tuple(dict.fromkeys(written.to)),
            sender=written.sender,
            smtp=_smtp(written.smtp, password),
            contact=written.contact,
            allow_private=tuple(written.allow_private),
            **_pace(written),
        )

    def _password(self, server: Node) -> str | None:
        password = secret(server, "password", self._folder, self._remarks)
        if password and not server.get("user"):
            at = place_of(server, "password")
            self._remarks.warn(at, "password: is not used without a `user` beside it")
        tls, host = server.get("tls"), server.get("host")
        if tls and tls.value == Tls.NONE and host and not _is_loopback(str(host.value)):
            message = "none sends all in clear and is for this machine only"
            self._remarks.fault(tls, f"tls: {message}: write starttls or implicit")
        return password

    def _webhook(self, node: Node) -> WebhookSettings | None:
        secrets = secret_lines(node, "secret", self._folder, self._remarks)
        self._check_secrets(secrets, place_of(node, "secret"))
        written = checked(schema.Webhook, node, self._remarks)
        if written is None:
            return None
        if why := refusal(written.url, self._policy_of(written)):
            self._remarks.warn(node.get("url"), f"url: will not be posted to: {why}")
        return WebhookSettings(
            name=written.name,
            url=written.url,
            secrets=secrets,
            headers=tuple(written.headers.items()),
            template=self._template(node, written),
            content_type=written.content_type or JSON_TYPE,
            allow_private=tuple(written.allow_private),
            **_pace(written),
        )

    def _template(self, node: Node, written: schema.Webhook) -> str | None:
        """The template as it is written, after telling what is wrong with it, and where."""
        place = node.get("template")
        if place is None or written.template is None or not isinstance(place.value, str):
            if kind := node.get("content_type"):
                self._remarks.fault(kind, "content_type: is of a `template`: add one")
            return None
        from monitor.core.messages import Template, try_out

        try:
            try_out(Template(place.value, content_type=written.content_type or JSON_TYPE))
        except TemplateError as error:
            at = spot_in(self._text, place, error.line, 1) if error.line else place
            self._remarks.fault(at, f"template: {error}")
        return place.value

    def _command(self, node: Node) -> CommandSettings | None:
        written = checked(schema.Command, node, self._remarks)
        if written is None:
            return None
        program = written.command[0]
        here = self._folder.resolve()
        if shutil.which(here / program if "/" in program else program) is None:
            where = "" if "/" in program else " on the PATH"
            message = f"there is no program {shown(program)}{where} that may be run"
            self._remarks.warn(node.get("command"), f"command: {message}")
        return CommandSettings(
            name=written.name,
            command=tuple(written.command),
            folder=here,
            timeout=written.timeout,
            **_pace(written),
        )

    def _apprise(self, node: Node) -> AppriseSettings | None:
        urls = secret_lines(node, "urls", self._folder, self._remarks)
        written = checked(schema.Apprise, node, self._remarks)
        if written is None:
            return None
        if not urls and place_of(node, "urls") is node:
            self._remarks.fault(node, "'urls' is missing: add `urls: [tgram://token/chat]`")
        if importlib.util.find_spec("apprise") is None:
            remedy = 'install it with `pip install "news-monitor[apprise]"`'
            self._remarks.fault(node.get("type"), f"type: apprise is not installed: {remedy}")
        return AppriseSettings(name=written.name, urls=urls, **_pace(written))

    def _policy_of(self, written: schema.Guarded) -> AddressPolicy:
        return AddressPolicy((*self._allowed, *written.allow_private), setting="allow_private")

    def _check_secrets(self, secrets: tuple[str, ...], place: Node) -> None:
        items = place.items()
        for number, each in enumerate(secrets):
            at = items[number] if number < len(items) else place
            if not each.startswith("whsec_"):
                self._remarks.warn(at, "secret: without `whsec_` its bytes are the key as they are")
            elif not _is_base64(each.removeprefix("whsec_")):
                self._remarks.fault(at, f"secret: is not `whsec_` and base64: {NEW_SECRET}")


class _Pace(TypedDict):
    retry: tuple[timedelta, ...]
    max_per_hour: int
    group: Group | None
    digest: DigestTime | None
    quiet: Quiet | None


def _pace(written: schema.Channel) -> _Pace:
    """What every kind of channel has."""
    return {
        "retry": tuple(written.retry),
        "max_per_hour": written.max_per_hour,
        "group": _group(written.group),
        "digest": written.digest,
        "quiet": _quiet(written.quiet),
    }


def _group(written: schema.Group | None) -> Group | None:
    if written is None:
        return None
    return Group(wait=written.wait, interval=written.interval, by=tuple(written.by))


def _quiet(written: schema.Quiet | None) -> Quiet | None:
    if written is None:
        return None
    return Quiet(
        start=written.start,
        end=written.end,
        timezone=written.zone,
        exempt=frozenset(written.exempt),
    )


def _smtp(written: schema.Smtp, password: str | None) -> Smtp:
    usual = SMTPS_PORT if written.tls is Tls.IMPLICIT else SMTP_PORT
    return Smtp(
        host=written.host,
        port=written.port or usual,
        user=written.user,
        password=password,
        tls=written.tls,
    )


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    except binascii.Error:
        return False


def _is_loopback(host: str) -> bool:
    if host.rstrip(".").lower() in ("localhost", "ip6-localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def channel_names(node: Node | None, remarks: Remarks) -> Names:
    """Also the names of channels that are broken otherwise: topics may name them."""
    names = Names("channel")
    for item in node.items() if node else ():
        names.take(item, remarks)
    return names


def check_channels(key: str, node: Node | None, known: Names, remarks: Remarks) -> None:
    """Every channel that is named there exists."""
    if node is None:
        return
    for item in node.items() or [node]:
        if isinstance(item.value, str) and item.value not in known:
            near = nearest(item.value, known) or ": add it under `channels:`"
            remarks.fault(item, f"{key}: no channel is named {shown(item.value)}{near}")
