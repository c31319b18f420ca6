"""
The only reader of the environment: one frozen object, prefix TONGBAN_.

Addresses and secrets of provinces stand in one JSON file, never in a province's folder:
`{"test": {"150000": {"addresses": {"base": "https://…"}, "secrets": {"wss_password": "…"}}}}`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.ports import Connection


class _Connection(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    addresses: dict[str, str] = Field(default_factory=dict)
    secrets: dict[str, str] = Field(default_factory=dict)


class Settings(BaseSettings):
    """
    Raises:
        pydantic.ValidationError: a setting has the wrong form; the text names the variable.
    """

    model_config = SettingsConfigDict(env_prefix="TONGBAN_", frozen=True, extra="forbid")

    data_dir: Path = Field(Path("data"), description="databases, key file, materials, admin socket")
    host: str = Field("127.0.0.1", description="address the API listens on")
    port: int = Field(8080, ge=0, le=65535, description="port of the API; 0 takes a free one")
    environment: Literal["test", "production"] = Field(
        "test", description="which half of every connection is used; neither crosses"
    )
    node: str = Field("n1", pattern=r"^[a-z0-9]{1,16}$", description="name in audit leaf ids")
    connections: Path | None = Field(None, description="JSON file with addresses and secrets")
    provinces_dir: Path | None = Field(
        None, description="province folders; the shipped ones when absent"
    )
    material_limit: int = Field(50 * 1024 * 1024, ge=1, description="largest material, bytes")
    body_limit: int = Field(1024 * 1024, ge=1024, description="largest message body, bytes")
    prescribed_channels: str = Field(
        "", description="systems in force as prescribed channel, separated by commas; none: off"
    )
    pull_seconds: float = Field(30.0, gt=0, description="pause between two pulls of a province")
    lease_seconds: float = Field(120.0, gt=0, description="how long a claimed delivery is ours")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="log level")

    @property
    def admin_socket(self) -> Path:
        return self.data_dir / "admin.sock"

    @property
    def key_file(self) -> Path:
        return self.data_dir / "root.key"

    def read_connections(self) -> dict[str, Connection]:
        """
        Connections of this environment by province code; empty without a file.

        Raises:
            ValueError: the file is not JSON of the documented shape.
        """
        if self.connections is None:
            return {}
        content: Any = json.loads(self.connections.read_text(encoding="utf-8"))
        half = content.get(self.environment, {})
        read = {code: _Connection.model_validate(value) for code, value in half.items()}
        return {
            code: Connection(addresses=one.addresses, secrets=one.secrets)
            for code, one in read.items()
        }


__all__ = ["Settings"]
