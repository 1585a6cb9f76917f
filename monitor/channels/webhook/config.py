"""The keys of a webhook channel."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from monitor.channels.config import GuardedChannelConfig
from monitor.channels.kind import CheckContext, Problem
from monitor.errors import TemplateError
from monitor.fields.types import FieldName, FieldValue, Text, Verbatim, one_or_more_lines

JSON_TYPE = "application/json"
PREFIX = "whsec_"  # of Standard Webhooks: base64 follows
NEW_SECRET = f'make one with `echo "{PREFIX}$(openssl rand -base64 32)"`'


def _signing_secret(text: str) -> str:
    if text.startswith(PREFIX) and not _is_base64(text.removeprefix(PREFIX)):
        raise ValueError(f"is not `{PREFIX}` and base64: {NEW_SECRET}")
    return text


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    except binascii.Error:
        return False


SigningSecret = Annotated[Verbatim, AfterValidator(_signing_secret)]


class WebhookConfig(GuardedChannelConfig):
    """Alerts by HTTP, signed as Standard Webhooks describes."""

    type: Literal["webhook"] = Field(description="`webhook`")
    url: Text = Field(
        description="Where messages are posted.", examples=["https://example.org/hook"], repr=False
    )
    secret: Annotated[tuple[SigningSecret, ...], one_or_more_lines()] | None = Field(
        None,
        description="`whsec_…`; several while changing them, the newest first.",
        repr=False,
    )
    secret_file: Text | None = Field(None, description="A file of secrets, one a line.")
    secret_env: Text | None = Field(None, description="A variable of secrets, blanks between.")
    headers: Mapping[FieldName, FieldValue] = Field(
        {}, description="Sent with each message.", repr=False
    )
    template: Verbatim | None = Field(
        None,
        description="What is posted in the payload's place, in jinja2; JSON by default.",
        repr=False,
    )
    content_type: FieldValue | None = Field(
        None, description="Of what the template makes, if it is no JSON.", examples=["text/plain"]
    )

    @property
    def secrets(self) -> tuple[str, ...]:
        """The signing secrets, the newest first; none: messages are not signed."""
        return self.secret or ()

    @property
    def media_type(self) -> str:
        """The content type that messages are posted with."""
        return self.content_type or JSON_TYPE


def target(config: WebhookConfig) -> str:
    """Return the address that is posted to."""
    return config.url


def problems(config: WebhookConfig, context: CheckContext) -> Iterator[Problem]:
    """Find secrets of an unusual form, an address that is refused, a template that fails."""
    for number, secret in enumerate(config.secrets):
        if not secret.startswith(PREFIX):
            message = f"without `{PREFIX}` its bytes are the key as they are"
            yield Problem(path=("secret", number), message=message, warning=True)
    if why := context.refusal(config.url, config.allow_private):
        yield Problem(path=("url",), message=f"will not be posted to: {why}", warning=True)
    yield from _template_problems(config)


def _template_problems(config: WebhookConfig) -> Iterator[Problem]:
    if config.template is None:
        if config.content_type is not None:
            yield Problem(path=("content_type",), message="is of a `template`: add one")
        return
    from monitor.core.messages import Template, check_template

    try:
        check_template(Template(config.template, content_type=config.media_type))
    except TemplateError as error:
        yield Problem(path=("template",), message=str(error), line=error.line)
