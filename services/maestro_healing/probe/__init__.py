"""The pytest plugin that a job carries: it writes down what each test did."""

from collections.abc import Mapping
from importlib import resources

MODULE = "maestro_probe"
FILE_VARIABLE = "MAESTRO_PROBE_FILE"
SELECTION_VARIABLE = "MAESTRO_PROBE_SELECT"


def files() -> Mapping[str, bytes]:
    """The plugin's modules by file name, to be laid in one folder of the job's PYTHONPATH."""
    folder = resources.files(__package__)
    found = (entry for entry in folder.iterdir() if entry.name.startswith(MODULE))
    return {entry.name: entry.read_bytes() for entry in found if entry.name.endswith(".py")}
