"""
Addresses and secrets by name; the values come from settings and appear nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping


class NotConfiguredError(Exception):
    """A name of connection.yaml has no value in the settings of this environment."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"no {what} `{name}` is configured")


class Names:
    """Values of one system: `<system>.<name>` first, then `<name>`."""

    def __init__(
        self, system: str, *, addresses: Mapping[str, str], secrets: Mapping[str, str]
    ) -> None:
        self._system = system
        self._addresses = addresses
        self._secrets = secrets

    def address(self, name: str) -> str:
        """
        Base URL without a trailing slash.

        Raises:
            NotConfiguredError
        """
        return self._find(self._addresses, "address", name).rstrip("/")

    def secret(self, name: str) -> str:
        """
        Raises:
            NotConfiguredError
        """
        return self._find(self._secrets, "secret", name)

    def _find(self, values: Mapping[str, str], what: str, name: str) -> str:
        value = values.get(f"{self._system}.{name}") or values.get(name)
        if not value:
            raise NotConfiguredError(what, name)
        return value


__all__ = ["Names", "NotConfiguredError"]
