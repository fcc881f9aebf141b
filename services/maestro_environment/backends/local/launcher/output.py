"""The log of a command: what it prints, up to a size, with a mark where more came."""

from __future__ import annotations

import os

MARK = b"\n[the log ends here: the limit of %d bytes is reached]\n"
_PIECE = 2**16


class Output:
    """Takes what comes out of a pipe into a file; what is over the limit is read and thrown away.

    Reading on matters: a command whose output nobody takes would stand still.
    """

    def __init__(self, path: str, max_bytes: int) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._limit = max_bytes
        self.written = os.fstat(self._file).st_size
        self.truncated = False
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)

    def take(self) -> bool:
        """Take one piece; whether there was one."""
        try:
            piece = os.read(self.reader, _PIECE)
        except BlockingIOError:
            return False
        if not self.truncated and piece:
            self._write(piece)
        return bool(piece)

    def _write(self, piece: bytes) -> None:
        room = self._limit - self.written
        if len(piece) > room:
            piece = piece[: max(room, 0)] + MARK % self._limit
            self.truncated = True
        view = memoryview(piece)
        while view:
            count = os.write(self._file, view)
            self.written += count
            view = view[count:]
