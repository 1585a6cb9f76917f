"""Input of `parse` and `extract`: a file, gzipped or not, or a URL."""

import asyncio
import zlib
from pathlib import Path

import click

from monitor.cli.context import config_path, load_settings
from monitor.errors import ConfigError, ParseError
from monitor.model import FetchKind
from monitor.settings import NetworkSettings

MAX_FILE = 100_000_000  # bytes, decompressed


def _is_url(place: str) -> bool:
    return place.lower().startswith(("http://", "https://"))


def display_name(place: str) -> str:
    """Return the name that output shows: a file's base name, or the URL."""
    return place if _is_url(place) else Path(place).name


def read_place(ctx: click.Context, place: str, kind: FetchKind) -> tuple[bytes, str, str | None]:
    """Return the bytes, their URL (empty for a file) and their Content-Type.

    Raises FetchError, ParseError for a broken gzip file, OSError.
    """
    if not _is_url(place):
        return _decompress(Path(place).read_bytes()), "", None
    from monitor.service import fetch_once

    page = asyncio.run(fetch_once(place, kind=kind, network=_network(ctx)))
    return page.body, page.url, page.content_type


def _network(ctx: click.Context) -> NetworkSettings:
    """Return the configured settings, or the defaults if there is no configuration."""
    from monitor import config
    from monitor.config.schema import VERSION_AGENT

    try:
        config.find(config_path(ctx))
    except ConfigError:
        if config_path(ctx):
            raise
        return NetworkSettings(user_agent=VERSION_AGENT)
    return load_settings(ctx).network


def _decompress(body: bytes) -> bytes:
    """Decompress gzip data; any other is returned as it is. Raises ParseError."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        inflater = zlib.decompressobj(wbits=31)
        whole = inflater.decompress(body, MAX_FILE)
    except zlib.error as error:
        raise ParseError(f"a broken gzip file ({error})") from error
    if not inflater.eof:
        raise ParseError("a gzip file that is cut short, or larger than 100 MB inside")
    return whole
