"""Messages: mail, and the JSON of webhooks.

A message's values in; text, HTML, header fields or a payload out.
Open `view.py` first, then `email_text.py` and `webhook_payload.py`.
"""

from monitor.core.messages.edit_runs import summed, with_change
from monitor.core.messages.email_text import MailText, mail
from monitor.core.messages.mime import build_email
from monitor.core.messages.template import Template
from monitor.core.messages.template_check import try_out
from monitor.core.messages.webhook_payload import encoded, payload

__all__ = [
    "MailText",
    "Template",
    "build_email",
    "encoded",
    "mail",
    "payload",
    "summed",
    "try_out",
    "with_change",
]
