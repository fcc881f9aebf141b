"""Templates of other tools as Maestro's: their texts stay as they are, what would run is only named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from maestro_core.errors import FieldViolation, InvalidArgument
from maestro_template.domain.importing.backstage import import_backstage, is_backstage
from maestro_template.domain.importing.cookiecutter import import_cookiecutter, is_cookiecutter
from maestro_template.domain.importing.copier import import_copier, is_copier
from maestro_template.domain.importing.draft import Draft, Imported, finish
from maestro_template.domain.model import Folder, Language

__all__ = ["Imported", "import_template"]

_IMPORTERS: Final[Mapping[Language, tuple[Callable[[Folder], bool], Callable[[Folder], Draft]]]] = {
    Language.COOKIECUTTER: (is_cookiecutter, import_cookiecutter),
    Language.COPIER: (is_copier, import_copier),
    Language.BACKSTAGE: (is_backstage, import_backstage),
}


def import_template(folder: Folder, language: Language | None, template_id: str, owner: str) -> Imported:
    """Make a template of a folder that another tool would take.

    Its language is found out by its files where it is not given, its id made up where it is empty.
    Raises InvalidArgument (FORMAT_UNKNOWN, IMPORT_REFUSED), each with what is wrong.
    """
    found = language or next(
        (name for name, (recognises, _) in _IMPORTERS.items() if recognises(folder)), None
    )
    if found is None or not _IMPORTERS[found][0](folder):
        what = f"a {found} template" if found else "a template of Cookiecutter, Copier or Backstage"
        raise InvalidArgument(
            f"this is not {what}: on top lies no cookiecutter.json, copier.yml or Backstage template.yaml",
            reason="FORMAT_UNKNOWN",
            violations=[FieldViolation("files", "have no definition file on top")],
        )
    return finish(_IMPORTERS[found][1](folder), found, template_id, owner)
