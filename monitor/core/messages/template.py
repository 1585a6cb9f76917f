"""A user's own template for the body of a webhook: Jinja2 in a sandbox, JSON by default.

The template is the user's, but the texts that it renders are a stranger's. So every `{{ … }}` is
escaped for the inside of a JSON string (numbers, lists and `| tojson` stay JSON), and the work of
loops, joins and filters is bounded. Variables: those of the payload (`type`, `timestamp`, `data`),
`items` (a list of `data`, of one article or of a digest's), and `subject` and `text` of the mail.
"""

import json
import traceback
from typing import Any, NamedTuple

import jinja2

from monitor.core.messages.email_text import render_mail
from monitor.core.messages.template_sandbox import ChargingTransformer, Sandbox
from monitor.core.messages.webhook_payload import MAX_DIGEST_BYTES, Json, build_payload
from monitor.errors import TemplateError
from monitor.model import Message

JSON_TYPE = "application/json"
MAX_TEMPLATE_CHARS = 64_000
MAX_RESULT_BYTES = MAX_DIGEST_BYTES
_TOO_LARGE = f"makes more than {MAX_RESULT_BYTES:,} bytes"
_FILE = "<template>"  # Jinja2's file name of a template that is given as text


class _Piece(NamedTuple):
    """A piece of the result, with the template's line that made it."""

    text: str
    line: int


class Template:
    """A compiled template. Raises TemplateError if the source is not valid."""

    def __init__(self, source: str, *, content_type: str = JSON_TYPE) -> None:
        if len(source) > MAX_TEMPLATE_CHARS:
            raise TemplateError(f"is longer than {MAX_TEMPLATE_CHARS:,} characters", line=1)
        self._is_json = is_json(content_type)
        environment = Sandbox(is_json=self._is_json)
        try:
            tree = ChargingTransformer().visit(environment.parse(source))
            code = environment.compile(tree)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError(error.message or "cannot be read", line=error.lineno) from error
        except (RecursionError, SyntaxError) as error:  # of the Python code that Jinja2 generates
            raise TemplateError("is nested too deep", line=1) from error
        except ValueError as error:
            raise TemplateError("holds a number that is too long", line=1) from error
        self._template = jinja2.Template.from_code(environment, code, environment.globals)

    def render(self, message: Message, *, zone: str) -> bytes:
        """Render a message as the body to post, in UTF-8. Raises TemplateError.

        `zone`: the reader's, an IANA name.
        """
        pieces = self._render_pieces(_variables(message, zone))
        text = "".join(piece.text for piece in pieces)
        if self._is_json:
            _check_json(text, pieces)
        body = text.strip().encode(errors="replace")  # replaces lone surrogates
        if len(body) > MAX_RESULT_BYTES:
            raise TemplateError(_TOO_LARGE)
        return body

    def _render_pieces(self, variables: Json) -> list[_Piece]:
        made, length = [], 0
        context = self._template.new_context(variables)
        output: Any = self._template.root_render_func(context)  # a generator
        try:
            for text in output:
                line = self._source_line(output.gi_frame.f_lineno)
                if not isinstance(text, str):  # a filter or call block's result is not finalized
                    raise TemplateError("a block makes no text", line=line)
                made.append(_Piece(text, line))
                length += len(text)
                if length > MAX_RESULT_BYTES:
                    raise TemplateError(_TOO_LARGE, line=line)
        except TemplateError:
            raise
        except Exception as error:  # a template is a program: it may raise anything
            raise TemplateError(_describe(error), line=self._error_line(error)) from error
        return made

    def _error_line(self, error: Exception) -> int | None:
        """The template's innermost line on the traceback of the error; None if it is on none."""
        found = [
            line
            for frame, line in traceback.walk_tb(error.__traceback__)
            if frame.f_code.co_filename == _FILE
        ]
        return self._source_line(found[-1]) if found else None

    def _source_line(self, compiled_line: int) -> int:
        return self._template.get_corresponding_lineno(compiled_line)


def is_json(content_type: str) -> bool:
    """Whether a media type is JSON, `+json` included (RFC 6839)."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind == JSON_TYPE or kind.endswith("+json")


def _variables(message: Message, zone: str) -> Json:
    body = build_payload(message)
    data = body["data"]
    items = data.get("items", [data] if "article" in data else [])
    text = render_mail(message, zone=zone)
    return {**body, "items": items, "subject": text.subject, "text": text.text.strip()}


def _check_json(text: str, pieces: list[_Piece]) -> None:
    """Check that the result is JSON. The error names a line only, as the text may be a story's."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        remedy = " (a text needs quotes around it)" if error.msg == "Expecting value" else ""
        message = f"makes no JSON: {error.msg}{remedy}"
        raise TemplateError(message, line=_line_of(error.pos, pieces)) from error
    except RecursionError as error:
        raise TemplateError("makes JSON that is nested too deep") from error


def _line_of(offset: int, pieces: list[_Piece]) -> int | None:
    """The template's line that made the character at this offset of the result."""
    line = None
    for piece in pieces:
        line = piece.line + piece.text.count("\n", 0, offset)
        if offset < len(piece.text):
            break
        offset -= len(piece.text)
    return line


def _describe(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "calls itself without end"
    return str(error)[:300] or type(error).__name__
