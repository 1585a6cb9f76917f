"""Base of the models of config.yaml, and what a reader asks of such a model."""

from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict


def _title(model: type) -> str:
    """Title in the JSON Schema, which shows users no suffix of ours."""
    return model.__name__.removesuffix("Config") or model.__name__


class Section(BaseModel):
    """A mapping of config.yaml. Unknown keys are refused, values are frozen and checked.

    Code names a field by its Python name; a file by its key (the alias, if it has one).
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
        validate_by_alias=True,
        validate_by_name=True,
        model_title_generator=_title,
    )


@cache
def known_keys(model: type[Section]) -> dict[str, Any]:
    """Return each key as a file writes it, with its pydantic FieldInfo."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


@cache
def section_under(model: type[Section], key: str) -> type[Section] | None:
    """Return the model of the mapping under this key; None if the key holds no mapping."""
    field = known_keys(model).get(key)
    kinds = (field.annotation, *get_args(field.annotation)) if field else ()
    return next((k for k in kinds if isinstance(k, type) and issubclass(k, Section)), None)
