"""Makes the sample project, with its history: python examples/make_sample.py FOLDER

The project is `bookshelf`, a small library's catalogue and lending desk. Its commits lie in `bookshelf/` as
patches. The first is tagged `last-good`: there all its tests pass. The later ones change the product and
leave the tests as they were. Four of them do it on purpose, and one breaks what the project's own documents
promise.
"""

import os
import subprocess
import sys
from pathlib import Path

PATCHES = Path(__file__).resolve().parent / "bookshelf"


def make(folder: Path) -> None:
    """Make the project in a folder that is not there yet; the same commits each time."""
    folder.mkdir(parents=True)
    # What the user's own git is set to do, signing or hooks say, has no place here.
    env = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_COMMITTER_NAME": "Mira Lindqvist",
        "GIT_COMMITTER_EMAIL": "mira@bookshelf.example",
    }

    def git(*arguments: str | Path) -> None:
        subprocess.run(["git", *map(str, arguments)], cwd=folder, env=env, check=True)

    first, *rest = sorted(PATCHES.glob("*.patch"))
    git("-c", "init.defaultBranch=main", "init", "-q")
    git("am", "-q", "--committer-date-is-author-date", first)
    git("tag", "last-good")
    git("am", "-q", "--committer-date-is-author-date", *rest)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    make(Path(sys.argv[1]))
