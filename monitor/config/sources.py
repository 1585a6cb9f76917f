"""`sources:` → Source values: written in place, or included from OPML and YAML files."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from monitor.config import schema
from monitor.config.diagnostics import Diagnostics, Positioned, Unreadable
from monitor.config.files import decode, read_bytes
from monitor.config.includes import NESTED, IncludedFile, included_files, is_include
from monitor.config.names import UniqueNames
from monitor.config.nodes import Node, stream_items
from monitor.config.opml import Outline, outlines
from monitor.config.secrets import with_secrets
from monitor.config.url_policy import refusal
from monitor.config.validation import validate
from monitor.core.addresses import AddressPolicy
from monitor.settings import PollSettings, Source

YAML_SUFFIXES = (".yaml", ".yml")

Headers = tuple[tuple[str, str], ...]


class SourceReader:
    """Reader of the items of `sources:`; faults are added to `diagnostics`."""

    def __init__(
        self, own: Path, poll: PollSettings, policy: AddressPolicy, diagnostics: Diagnostics
    ) -> None:
        self._own = own
        self._folder = own.parent
        self._poll = poll
        self._policy = policy
        self._diagnostics = diagnostics
        self._names = UniqueNames("source")

    def read(self, node: Node | None) -> tuple[Source, ...]:
        """Return the valid sources, those of OPML files last.

        So the names that are written are taken first, and OPML titles avoid them.
        """
        found: list[Source] = []
        opml: list[IncludedFile] = []
        for item in node.items() if node else ():
            if is_include(item):
                files = included_files(item, self._own, self._diagnostics)
                opml += (file for file in files if not _is_yaml(file.path))
                found += (s for file in files if _is_yaml(file.path) for s in self._from_yaml(file))
            else:
                found += self._read_source(item, self._diagnostics)
        return (*found, *(source for file in opml for source in self._from_opml(file)))

    def _from_yaml(self, file: IncludedFile) -> Iterator[Source]:
        data = read_bytes(file.path, file.diagnostics)
        text = decode(data, file.diagnostics) if data is not None else None
        for item in stream_items(text or "", "sources", file.diagnostics):
            if is_include(item):
                file.diagnostics.fault(item, NESTED)
            else:
                yield from self._read_source(item, file.diagnostics)

    def _from_opml(self, file: IncludedFile) -> Iterator[Source]:
        data = read_bytes(file.path, file.diagnostics)
        try:
            found = outlines(data) if data is not None else []
        except Unreadable as error:
            file.diagnostics.fault(error.position, str(error))
            return
        if data is not None and not found:
            file.diagnostics.warn(None, "no outline has an xmlUrl: it adds no source")
        for outline in found:
            yield self._outline_source(outline, file.diagnostics)

    def _outline_source(self, outline: Outline, diagnostics: Diagnostics) -> Source:
        self._check_url(outline.url, outline, diagnostics)
        name = self._names.unused(outline.name)
        return Source(name=name, url=outline.url, every=self._poll.every)

    def _read_source(self, node: Node, diagnostics: Diagnostics) -> Iterator[Source]:
        self._names.add(node, diagnostics)
        node = with_secrets(schema.SourceConfig, node, self._folder, diagnostics)
        authorization = _authorization(node, diagnostics)
        written = validate(schema.SourceConfig, node, diagnostics)
        if written is None:
            return
        self._check_url(written.url, node.get("url") or node, diagnostics)
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

    def _check_url(self, url: str, place: Positioned, diagnostics: Diagnostics) -> None:
        if why := refusal(url, self._policy):
            diagnostics.warn(place, f"url: will not be fetched: {why}")


def _authorization(node: Node, diagnostics: Diagnostics) -> Headers:
    """Return the header that a password (RFC 7617) or a token (RFC 6750) makes."""
    user, password, token = (_text(node, key) for key in ("username", "password", "token"))
    headers: Headers = ()
    if user:
        pair = f"{user}:{password}".encode()
        headers = (("Authorization", f"Basic {b64encode(pair).decode()}"),)
    elif password:
        message = "password: is not used without a `username` beside it"
        diagnostics.warn(node.get("password"), message)
    if token:
        headers = (*headers, ("Authorization", f"Bearer {token}"))
    if len(headers) + _authorizations(node.get("headers")) > 1:
        diagnostics.fault(node, "keep one of username, token and an Authorization header")
    return headers


def _text(node: Node, key: str) -> str:
    found = node.get(key)
    return found.value if found and isinstance(found.value, str) else ""


def _authorizations(headers: Node | None) -> int:
    names = headers.value if headers and isinstance(headers.value, dict) else {}
    return sum(name.lower() == "authorization" for name in names)


def _is_yaml(path: Path) -> bool:
    return path.suffix.lower() in YAML_SUFFIXES
