"""Apprise sender: the services that the library of this name knows, if it is installed.

The library opens its connections itself, past our guard, and reports no more than success.
"""

import asyncio
import hashlib
from collections.abc import Iterable

from monitor.channels.apprise.config import AppriseConfig
from monitor.core.messages import MailText, render_mail
from monitor.errors import DeliveryError
from monitor.model import Message


class AppriseChannel:
    """Sender to each address of one channel. `zone` is the reader's, an IANA name."""

    def __init__(self, settings: AppriseConfig, *, zone: str) -> None:
        self.name = settings.name
        self._urls = settings.urls or ()
        self._zone = zone

    async def send(self, message: Message) -> None:
        """Notify every address that has not had the message.

        Raises DeliveryError, which numbers the addresses and remembers them by a digest: each may
        hold a secret.
        """
        wanted = [url for url in self._urls if digest_of(url) not in message.served]
        if not wanted:
            return
        text = await asyncio.to_thread(render_mail, message, zone=self._zone)
        failed = await asyncio.to_thread(self._notify, wanted, text)
        if failed:
            numbers = ", ".join(str(self._urls.index(url) + 1) for url in failed)
            raise DeliveryError(
                f"apprise {self.name}: not accepted by number {numbers} of its urls",
                channel=self.name,
                served=[digest_of(url) for url in wanted if url not in failed],
            )

    async def close(self) -> None:
        """Do nothing: the library keeps no connection."""

    def _notify(self, wanted: Iterable[str], text: MailText) -> list[str]:
        """Return the addresses that did not accept the message."""
        import apprise

        failed = []
        for url in wanted:
            service = apprise.Apprise()
            accepted = service.add(url) and service.notify(
                title=text.subject, body=text.text, body_format=apprise.NotifyFormat.TEXT
            )
            if not accepted:
                failed.append(url)
        return failed


def digest_of(url: str) -> str:
    """Return the digest under which an address is remembered as served."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]
