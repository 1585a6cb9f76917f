"""Where `parse` and `extract` get their bytes: a file, zipped or not, or an address."""

import asyncio
import zlib
from pathlib import Path

import click

from monitor.cli.context import config_path, load_settings
from monitor.errors import ConfigError, ParseError
from monitor.model import FetchKind
from monitor.settings import NetworkSettings

LARGEST = 100_000_000  # bytes, decompressed: a file is the user's own, but may be a mistake


def _is_url(place: str) -> bool:
    return place.lower().startswith(("http://", "https://"))


def name_of(place: str) -> str:
    return place if _is_url(place) else Path(place).name


def bytes_of(ctx: click.Context, place: str, kind: FetchKind) -> tuple[bytes, str, str | None]:
    """The bytes, their address (of a file: none), their Content-Type. FetchError, OSError."""
    if not _is_url(place):
        return _unzipped(Path(place).read_bytes()), "", None
    from monitor.service import fetch_once

    page = asyncio.run(fetch_once(place, kind=kind, network=_network(ctx)))
    return page.body, page.url, page.content_type


def _network(ctx: click.Context) -> NetworkSettings:
    """As configured; neither command needs a configuration."""
    from monitor import config
    from monitor.config.schema import VERSION_AGENT

    try:
        config.find(config_path(ctx))
    except ConfigError:
        if config_path(ctx):
            raise
        return NetworkSettings(user_agent=VERSION_AGENT)
    return load_settings(ctx).network


def _unzipped(body: bytes) -> bytes:
    """Raises ParseError for a broken archive and for a bomb."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        inflater = zlib.decompressobj(wbits=31)
        whole = inflater.decompress(body, LARGEST)
    except zlib.error as error:
        raise ParseError(f"a broken gzip file ({error})") from error
    if not inflater.eof:
        raise ParseError("a gzip file that is cut short, or larger than 100 MB inside")
    return whole
