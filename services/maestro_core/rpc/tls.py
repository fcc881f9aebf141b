"""TLS by settings: one certificate for servers and clients, and authorities for mutual TLS."""

from __future__ import annotations

import grpc

from maestro_core.settings import Settings


def server_credentials(settings: Settings) -> grpc.ServerCredentials | None:
    """What a server shows, and whether it asks clients for certificates; None without TLS."""
    pair = _pair(settings)
    if pair is None:
        return None
    authorities = settings.tls_ca_file.read_bytes() if settings.tls_ca_file else None
    return grpc.ssl_server_credentials(
        [pair], root_certificates=authorities, require_client_auth=authorities is not None
    )


def channel_credentials(settings: Settings) -> grpc.ChannelCredentials | None:
    """What a client trusts and shows; None without TLS."""
    pair = _pair(settings)
    if pair is None:
        return None
    key, certificates = pair
    authorities = settings.tls_ca_file.read_bytes() if settings.tls_ca_file else None
    return grpc.ssl_channel_credentials(authorities, key, certificates)


def _pair(settings: Settings) -> tuple[bytes, bytes] | None:
    if settings.tls_certificate_file is None or settings.tls_key_file is None:
        return None
    return settings.tls_key_file.read_bytes(), settings.tls_certificate_file.read_bytes()
