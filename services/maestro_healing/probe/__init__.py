"""The pytest plugin that a job carries: it writes down what each test did."""

import json
from collections.abc import Mapping
from importlib import resources

from maestro_healing.domain.ports import Conditions

MODULE = "maestro_probe"
FILE_VARIABLE = "MAESTRO_PROBE_FILE"
SELECTION_VARIABLE = "MAESTRO_PROBE_SELECT"
_CONDITIONS_FILE = "maestro_probe_conditions.json"


def files(conditions: Conditions) -> Mapping[str, bytes]:
    """The plugin's modules, and what the run's conditions ask of it, by file name: to be laid in one folder
    of the job's PYTHONPATH.
    """
    folder = resources.files(__package__)
    found = [entry for entry in folder.iterdir() if entry.name.startswith(MODULE)]
    modules = {entry.name: entry.read_bytes() for entry in found if entry.name.endswith(".py")}
    wishes = conditions.wishes
    return {**modules, _CONDITIONS_FILE: json.dumps(wishes).encode()} if wishes else modules
