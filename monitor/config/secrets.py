"""Secrets: in the file, in a file of their own, or in the environment. Never shown."""

import base64
import binascii
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from monitor.config.nodes import Loc
from monitor.config.shape import Webhook

LIMIT_BYTES = 64_000


class Secrets:
    """Reads `<key>`, `<key>_file` or `<key>_env` of an item; faults go to `fault`."""

    def __init__(self, folder: Path, fault: Callable[[Loc, str], None]) -> None:
        self._folder = folder
        self._fault = fault

    def get(self, loc: Loc, item: Any, key: str) -> str | None:
        plain, file, env = (getattr(item, k, None) for k in (key, f"{key}_file", f"{key}_env"))
        if sum(value is not None for value in (plain, file, env)) > 1:
            self._fault((*loc, key), f"{key} is given twice (keep one of {key}, _file, _env)")
        if file is not None:
            return self._from_file((*loc, f"{key}_file"), file)
        if env is not None:
            return self._from_environment((*loc, f"{key}_env"), env)
        return plain

    def signing(self, loc: Loc, item: Webhook) -> tuple[str, ...]:
        """The webhook's secrets, the newest first; one a line where they come from a file."""
        if isinstance(item.secret, list):
            secrets = item.secret
        else:
            secrets = (self.get(loc, item, "secret") or "").split()
        for secret in secrets:
            self._check((*loc, "secret"), secret)
        return tuple(secrets)

    def _check(self, loc: Loc, secret: str) -> None:
        try:
            base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            self._fault(loc, "the secret is not whsec_ and base64 (openssl rand -base64 24)")

    def _from_file(self, loc: Loc, name: str) -> str | None:
        credentials = os.environ.get("CREDENTIALS_DIRECTORY")
        folders = [Path(credentials)] if credentials else []
        for folder in (*folders, self._folder):
            path = folder / name
            if path.is_file():
                try:
                    return path.read_bytes()[:LIMIT_BYTES].decode("utf-8").strip()
                except (OSError, UnicodeDecodeError) as error:
                    self._fault(loc, f"{path} cannot be read: {type(error).__name__}")
                    return None
        self._fault(loc, f"there is no file {name} (nor in $CREDENTIALS_DIRECTORY)")
        return None

    def _from_environment(self, loc: Loc, name: str) -> str | None:
        value = os.environ.get(name)
        if value is None:
            self._fault(loc, f"the environment has no variable {name} (export it)")
        return value
