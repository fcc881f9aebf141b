"""The pytest plugin that a job carries: it writes down what each test did."""

from importlib import resources

MODULE = "maestro_probe"
FILE_VARIABLE = "MAESTRO_PROBE_FILE"
SELECTION_VARIABLE = "MAESTRO_PROBE_SELECT"


def source() -> bytes:
    """The plugin's one file, to be laid on the job's PYTHONPATH as `maestro_probe.py`."""
    return resources.files(__package__).joinpath(f"{MODULE}.py").read_bytes()
