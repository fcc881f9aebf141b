"""A template for tests against something real: here, a server on the loopback interface."""

import socket

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_a_real_connection_is_allowed(server):
    with socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            client.sendall(b"ping")
            assert accepted.recv(4) == b"ping"
