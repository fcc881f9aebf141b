"""Every setting that the services share: `MAESTRO_*` environment variables and `.env`."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ServiceName = Literal["healing", "environment", "template"]
_SCHEMES = {"database_url": ("postgresql://", "sqlite://"), "redis_url": ("redis://", "rediss://", "unix://")}


def _default_data_dir() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "maestro"


class TemplateRemote(BaseModel):
    """A git repository elsewhere that some tenants exchange their templates with."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(pattern=r"^(file:///|https?://[^/@\s-][^/@\s]*/)[^\s]*$")
    tenants: tuple[str, ...]
    username: str = "git"
    password: SecretStr | None = None


class Settings(BaseSettings):
    """What can be set. The descriptions are what the documentation's table is made from."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_", env_file=".env", extra="ignore")

    data_dir: Path = Field(
        default_factory=_default_data_dir,
        description="Where the embedded parts keep keys, databases and files.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL URL (`postgresql://…`); SQLite files in the data directory without one.",
    )
    redis_url: SecretStr | None = Field(
        default=None, description="Redis or Valkey URL; an embedded Valkey in the data directory without one."
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    healing_port: int = Field(default=8003, ge=0, le=65535, description="Port of the Healing service.")
    environment_port: int = Field(
        default=8004, ge=0, le=65535, description="Port of the Environment service."
    )
    template_port: int = Field(default=8005, ge=0, le=65535, description="Port of the Template service.")
    listen: str | None = Field(
        default=None, description="Address instead of host and port, e.g. `unix:/run/maestro/healing.sock`."
    )
    healing_endpoint: str | None = Field(
        default=None, description="Where the others reach the Healing service."
    )
    environment_endpoint: str | None = Field(
        default=None, description="Where the others reach the Environment service."
    )
    template_endpoint: str | None = Field(
        default=None, description="Where the others reach the Template service."
    )
    instance: str = Field(
        default_factory=socket.gethostname,
        description="Name of this replica, stable over restarts and different from the others'.",
    )
    allowed_roots: tuple[Path, ...] = Field(
        default=(), description="Folders below which a request may name paths on this machine (a JSON list)."
    )
    max_monitors: int = Field(default=20, ge=0, description="Monitors that a tenant may have.")
    monitor_interval: float = Field(
        default=30, ge=5, description="Shortest time between two looks of a monitor, in seconds."
    )
    git_credentials: Path | None = Field(
        default=None,
        description="Folder with credentials that monitors push with by https: for each tenant a file of its "
        "name, as git's credential store writes it.",
    )
    tenant: str = Field(
        default="local", pattern=r"^[a-z][a-z0-9-]{0,62}$", description="Tenant of the local admin token."
    )
    signing_key_file: Path | None = Field(
        default=None,
        description="File with the HS256 key shared by the services; made in the data directory without one.",
    )
    jwks_url: str | None = Field(
        default=None, description="JWKS of an identity provider, for RS256 and EdDSA tokens."
    )
    jwt_issuer: str | None = Field(
        default=None, description="`iss` that tokens from the identity provider must carry."
    )
    jwt_audience: str | None = Field(
        default=None, description="`aud` that tokens from the identity provider must carry."
    )
    tls_certificate_file: Path | None = Field(
        default=None, description="PEM certificate chain; no TLS without one."
    )
    tls_key_file: Path | None = Field(default=None, description="PEM key of the certificate.")
    tls_ca_file: Path | None = Field(
        default=None,
        description="PEM authorities: servers then require client certificates, clients trust only these.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least level to log."
    )
    log_format: Literal["json", "console"] = Field(default="json", description="How log lines look.")
    template_remotes: dict[str, TemplateRemote] = Field(
        default_factory=dict,
        description="Git remotes of SyncRepository, by name: a JSON object of objects with `url` (file, "
        "http, https), `tenants` that may use it, and `username` and `password` where it asks for them.",
    )
    max_message_bytes: int = Field(
        default=16 * 2**20, gt=0, description="Largest gRPC message taken or sent, in bytes."
    )
    max_calls: int = Field(default=1000, gt=0, description="Calls served at one time, streams not counted.")
    max_streams: int = Field(default=5000, gt=0, description="Streams served at one time.")
    default_deadline: float = Field(
        default=60, gt=0, description="Seconds that a unary call without a deadline has."
    )
    upload_deadline: float = Field(
        default=900, gt=0, description="Seconds that an upload without a deadline has."
    )
    write_timeout: float = Field(
        default=10, gt=0, description="Seconds after which a stream that takes no message is cut off."
    )
    stop_grace: float = Field(default=5, ge=0, description="Seconds that running calls have at a stop.")
    bookmark_interval: float = Field(
        default=15, gt=0, description="Seconds between bookmarks on an idle watch."
    )
    stream_retention: float = Field(
        default=7 * 86400, gt=0, description="Seconds for which events can be replayed."
    )
    stream_max_length: int = Field(
        default=1_000_000,
        gt=0,
        description="Entries kept in a stream; never below what a group has not acknowledged.",
    )

    @field_validator("database_url", "redis_url")
    @classmethod
    def _has_known_scheme(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        schemes = _SCHEMES[str(info.field_name)]
        if value is not None and not value.get_secret_value().startswith(schemes):
            raise ValueError(f"must begin with {' or '.join(schemes)}")
        return value

    @model_validator(mode="after")
    def _has_both_parts_of_tls(self) -> Self:
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("MAESTRO_TLS_CERTIFICATE_FILE and MAESTRO_TLS_KEY_FILE must be set together")
        return self

    def port(self, service: ServiceName) -> int:
        """The port that a service listens on."""
        return {
            "healing": self.healing_port,
            "environment": self.environment_port,
            "template": self.template_port,
        }[service]

    def address(self, service: ServiceName) -> str:
        """What a service binds to, in gRPC's notation."""
        return self.listen or f"{self.host}:{self.port(service)}"

    def endpoint(self, service: ServiceName) -> str:
        """Where the other services reach a service, in gRPC's notation."""
        named = {
            "healing": self.healing_endpoint,
            "environment": self.environment_endpoint,
            "template": self.template_endpoint,
        }[service]
        return named or f"127.0.0.1:{self.port(service)}"

    def database(self, service: ServiceName) -> str:
        """The URL of a service's database: the configured server, or a SQLite file of its own."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.absolute() / f'{service}.db'}"
