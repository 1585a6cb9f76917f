"""Renders messages: as mail, as the JSON of webhooks, or through a user's own template.

A `Message` in; subject, text, HTML, header fields or a payload out. Sends nothing.
Open `view.py` first, then `email_text.py` and `webhook_payload.py`.
"""

from monitor.core.messages.edit_runs import diff_edit_run, with_change
from monitor.core.messages.email_text import MailText, render_mail
from monitor.core.messages.mime import build_email
from monitor.core.messages.template import Template
from monitor.core.messages.template_check import check_template
from monitor.core.messages.webhook_payload import build_payload, encode_payload

__all__ = [
    "MailText",
    "Template",
    "build_email",
    "build_payload",
    "check_template",
    "diff_edit_run",
    "encode_payload",
    "render_mail",
    "with_change",
]
