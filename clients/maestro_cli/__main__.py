"""Where the `maestro` command starts."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command. Ctrl-C shows no traceback, not even while it is still being imported."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from maestro_cli.main import main as run

    run()


if __name__ == "__main__":
    main()
