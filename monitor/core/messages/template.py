"""The user's own template for what a webhook carries: jinja2 in a sandbox, JSON by default.

A template is the user's; what goes through it is not. So every `{{ … }}` is escaped for the inside
of a JSON string (numbers, lists and `| tojson` stay JSON), and what loops and joins may make is
bounded. Variables: those of the payload (`type`, `timestamp`, `data`), `items` (a list of `data`,
of one article or of a digest's), and `subject` and `text`, as the mail would say it.
"""

import json
import traceback
from typing import Any, NamedTuple

import jinja2

from monitor.core.messages.email_text import mail
from monitor.core.messages.template_sandbox import Bounding, Sandbox
from monitor.core.messages.webhook_payload import DIGEST_BYTES, Json, payload
from monitor.errors import TemplateError
from monitor.model import Message

JSON_TYPE = "application/json"
LONGEST_TEMPLATE = 64_000  # characters
LARGEST_RESULT = DIGEST_BYTES  # bytes
_TOO_LARGE = f"makes more than {LARGEST_RESULT:,} bytes"
_FILE = "<template>"  # how jinja2 calls a template that came as text


class _Piece(NamedTuple):
    """Of the result, with the template's line that made it."""

    text: str
    line: int


class Template:
    """A template that was read without an error. Raises TemplateError when it is not one."""

    def __init__(self, source: str, *, content_type: str = JSON_TYPE) -> None:
        if len(source) > LONGEST_TEMPLATE:
            raise TemplateError(f"is longer than {LONGEST_TEMPLATE:,} characters", line=1)
        self._is_json = is_json(content_type)
        environment = Sandbox(is_json=self._is_json)
        try:
            tree = Bounding().visit(environment.parse(source))
            code = environment.compile(tree)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError(error.message or "cannot be read", line=error.lineno) from error
        except (RecursionError, SyntaxError) as error:  # of the Python that jinja2 writes
            raise TemplateError("is nested too deep", line=1) from error
        except ValueError as error:
            raise TemplateError("holds a number that is too long", line=1) from error
        self._template = jinja2.Template.from_code(environment, code, environment.globals)

    def rendered(self, message: Message, *, zone: str) -> bytes:
        """What is posted, in UTF-8. `zone` is the reader's. Raises TemplateError."""
        pieces = self._filled(_variables(message, zone))
        text = "".join(piece.text for piece in pieces)
        if self._is_json:
            _check(text, pieces)
        body = text.strip().encode(errors="replace")  # half a surrogate pair
        if len(body) > LARGEST_RESULT:
            raise TemplateError(_TOO_LARGE)
        return body

    def _filled(self, variables: Json) -> list[_Piece]:
        made, length = [], 0
        context = self._template.new_context(variables)
        output: Any = self._template.root_render_func(context)  # a generator
        try:
            for text in output:
                line = self._line(output.gi_frame.f_lineno)
                if not isinstance(text, str):  # what a filter or call block makes is not finalized
                    raise TemplateError("a block makes no text", line=line)
                made.append(_Piece(text, line))
                length += len(text)
                if length > LARGEST_RESULT:
                    raise TemplateError(_TOO_LARGE, line=line)
        except TemplateError:
            raise
        except Exception as error:  # a template is a program: it may raise anything
            raise TemplateError(_describe(error), line=self._failed(error)) from error
        return made

    def _failed(self, error: Exception) -> int | None:
        """The template's innermost line on the way to the error."""
        found = [
            line
            for frame, line in traceback.walk_tb(error.__traceback__)
            if frame.f_code.co_filename == _FILE
        ]
        return self._line(found[-1]) if found else None

    def _line(self, compiled: int) -> int:
        return self._template.get_corresponding_lineno(compiled)


def is_json(content_type: str) -> bool:
    """RFC 6839: `+json` is JSON too."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind == JSON_TYPE or kind.endswith("+json")


def _variables(message: Message, zone: str) -> Json:
    body = payload(message)
    data = body["data"]
    items = data.get("items", [data] if "article" in data else [])
    text = mail(message, zone=zone)
    return {**body, "items": items, "subject": text.subject, "text": text.text.strip()}


def _check(text: str, pieces: list[_Piece]) -> None:
    """Raise TemplateError unless the result is JSON; it names the place, never a story's words."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        remedy = " (a text needs quotes around it)" if error.msg == "Expecting value" else ""
        message = f"makes no JSON: {error.msg}{remedy}"
        raise TemplateError(message, line=_line_of(error.pos, pieces)) from error
    except RecursionError as error:
        raise TemplateError("makes JSON that is nested too deep") from error


def _line_of(offset: int, pieces: list[_Piece]) -> int | None:
    """The template's line that made this character of the result, or the one it was left at."""
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
