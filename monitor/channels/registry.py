"""Every kind of channel by the name that `type:` gives it: a new kind is one line here."""

from typing import Any

from monitor.channels import apprise, command, email, webhook
from monitor.channels.kind import ChannelKind

KINDS: dict[str, ChannelKind[Any]] = {
    "email": email.KIND,
    "webhook": webhook.KIND,
    "command": command.KIND,
    "apprise": apprise.KIND,
}
