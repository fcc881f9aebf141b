"""The languages that templates are written in: Maestro's own, and those of the tools that it imports from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from maestro_template.domain.dialects.backstage import BackstageSandbox
from maestro_template.domain.dialects.cookiecutter import CookiecutterSandbox
from maestro_template.domain.dialects.copier import CopierSandbox
from maestro_template.domain.model import Dialect, Folder, Language
from maestro_template.domain.sandbox import Sandbox

_SANDBOXES: Final[Mapping[Language, type[Sandbox]]] = {
    Language.MAESTRO: Sandbox,
    Language.COOKIECUTTER: CookiecutterSandbox,
    Language.COPIER: CopierSandbox,
    Language.BACKSTAGE: BackstageSandbox,
}


def sandbox_of(folder: Folder, dialect: Dialect) -> Sandbox:
    """The environment that a folder's templates run in."""
    return _SANDBOXES[dialect.language](folder, dialect)
