"""`sources:` → Source values: written in place, or included from OPML and YAML files."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from monitor.config import schema
from monitor.config.diagnostics import Placed, Remarks, Unreadable
from monitor.config.files import content, text_of
from monitor.config.includes import NESTED, Included, included, is_include
from monitor.config.names import Names
from monitor.config.nodes import Node, stream
from monitor.config.opml import Outline, outlines
from monitor.config.secrets import with_secrets
from monitor.config.url_policy import refusal
from monitor.config.validation import checked
from monitor.core.addresses import AddressPolicy
from monitor.settings import PollSettings, Source

YAML_SUFFIXES = (".yaml", ".yml")

Headers = tuple[tuple[str, str], ...]


class SourceReader:
    """Reads the items of `sources:`; faults go to the remarks."""

    def __init__(
        self, own: Path, poll: PollSettings, policy: AddressPolicy, remarks: Remarks
    ) -> None:
        self._own = own
        self._folder = own.parent
        self._poll = poll
        self._policy = policy
        self._remarks = remarks
        self._names = Names("source")

    def read(self, node: Node | None) -> tuple[Source, ...]:
        """What is written comes first, so that its names stand; OPML titles then avoid them."""
        found: list[Source] = []
        opml: list[Included] = []
        for item in node.items() if node else ():
            if is_include(item):
                files = included(item, self._own, self._remarks)
                opml += (file for file in files if not _is_yaml(file.path))
                found += (s for file in files if _is_yaml(file.path) for s in self._from_yaml(file))
            else:
                found += self._source(item, self._remarks)
        return (*found, *(source for file in opml for source in self._from_opml(file)))

    def _from_yaml(self, file: Included) -> Iterator[Source]:
        data = content(file.path, file.remarks)
        text = text_of(data, file.remarks) if data is not None else None
        for item in stream(text or "", "sources", file.remarks):
            if is_include(item):
                file.remarks.fault(item, NESTED)
            else:
                yield from self._source(item, file.remarks)

    def _from_opml(self, file: Included) -> Iterator[Source]:
        data = content(file.path, file.remarks)
        try:
            found = outlines(data) if data is not None else []
        except Unreadable as error:
            file.remarks.fault(error.spot, str(error))
            return
        if data is not None and not found:
            file.remarks.warn(None, "no outline has an xmlUrl: it adds no source")
        for outline in found:
            yield self._of_outline(outline, file.remarks)

    def _of_outline(self, outline: Outline, remarks: Remarks) -> Source:
        self._judge(outline.url, outline, remarks)
        name = self._names.free(outline.name)
        return Source(name=name, url=outline.url, every=self._poll.every)

    def _source(self, node: Node, remarks: Remarks) -> Iterator[Source]:
        self._names.take(node, remarks)
        node = with_secrets(schema.SourceConfig, node, self._folder, remarks)
        authorization = _authorization(node, remarks)
        written = checked(schema.SourceConfig, node, remarks)
        if written is None:
            return
        self._judge(written.url, node.get("url") or node, remarks)
        yield Source(
            name=written.name,
            url=written.url,
            every=written.every or self._poll.every,
            timezone=written.timezone,
            language=written.language,
            fetch_articles=written.fetch_articles,
            enabled=written.enabled,
            headers=(*written.headers.items(), *authorization),
        )

    def _judge(self, url: str, place: Placed, remarks: Remarks) -> None:
        if why := refusal(url, self._policy):
            remarks.warn(place, f"url: will not be fetched: {why}")


def _authorization(node: Node, remarks: Remarks) -> Headers:
    """What a password (RFC 7617) or a token (RFC 6750) makes."""
    user, password, token = (_text(node, key) for key in ("username", "password", "token"))
    made: Headers = ()
    if user:
        pair = f"{user}:{password}".encode()
        made = (("Authorization", f"Basic {b64encode(pair).decode()}"),)
    elif password:
        message = "password: is not used without a `username` beside it"
        remarks.warn(node.get("password"), message)
    if token:
        made = (*made, ("Authorization", f"Bearer {token}"))
    if len(made) + _authorizations(node.get("headers")) > 1:
        remarks.fault(node, "keep one of username, token and an Authorization header")
    return made


def _text(node: Node, key: str) -> str:
    found = node.get(key)
    return found.value if found and isinstance(found.value, str) else ""


def _authorizations(headers: Node | None) -> int:
    names = headers.value if headers and isinstance(headers.value, dict) else {}
    return sum(name.lower() == "authorization" for name in names)


def _is_yaml(path: Path) -> bool:
    return path.suffix.lower() in YAML_SUFFIXES
