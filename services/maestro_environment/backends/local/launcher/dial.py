"""Connects to a port behind the walls of a process, and hands the connection over. Run as a program.

The caller is at the other end of standard input. A process with threads, as a service is, can't enter a user
namespace itself.
"""

from __future__ import annotations

import socket
import sys

from maestro_environment.backends.local.launcher import linux

_SECONDS = 5.0


def main() -> None:
    """Follow the command line: the files of the namespaces to enter, then an address and a port."""
    *namespaces, host, port = sys.argv[2:]
    for namespace in namespaces:
        linux.enter(int(namespace))
    with (
        socket.socket(fileno=0) as caller,
        socket.create_connection((host, int(port)), timeout=_SECONDS) as connection,
    ):
        socket.send_fds(caller, [b"!"], [connection.fileno()])
