"""Channel APPRISE: the services that the library of this name knows, if it is installed.

It opens its connections itself, past our guard, and says no more than whether it went well.
"""

import asyncio
from collections.abc import Iterable

from monitor.core.render import MailText, mail
from monitor.errors import DeliveryError
from monitor.model import Notice
from monitor.settings import AppriseSettings


class AppriseChannel:
    """`zone` is the reader's, an IANA name."""

    def __init__(self, settings: AppriseSettings, *, zone: str) -> None:
        self.name = settings.name
        self._urls = settings.urls
        self._zone = zone

    async def send(self, notice: Notice) -> None:
        """Those that failed are named by their number: an address may hold a secret."""
        told = await asyncio.to_thread(mail, notice, zone=self._zone)
        every = range(1, len(self._urls) + 1)
        wanted = [number for number in every if str(number) in notice.remaining] or every
        failed = await asyncio.to_thread(self._notify, wanted, told)
        if failed:
            numbers = ", ".join(failed)
            raise DeliveryError(
                f"apprise {self.name}: not accepted by number {numbers} of its urls",
                channel=self.name,
                remaining=failed,
            )

    async def close(self) -> None:
        pass

    def _notify(self, wanted: Iterable[int], told: MailText) -> list[str]:
        """The numbers of the urls that did not accept it."""
        import apprise

        failed = []
        for number in wanted:
            service = apprise.Apprise()
            accepted = service.add(self._urls[number - 1]) and service.notify(
                title=told.subject, body=told.text, body_format=apprise.NotifyFormat.TEXT
            )
            if not accepted:
                failed.append(str(number))
        return failed
