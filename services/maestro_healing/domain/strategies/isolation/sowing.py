"""Random numbers that are the same in each run."""

from maestro_healing.domain.diagnosis.isolation.dependence import Dependence
from maestro_healing.domain.rewrite.fixtures import AddFixture
from maestro_healing.domain.rewrite.rule import InFile


def sown(dependence: Dependence) -> tuple[InFile, ...]:
    """A fixture that seeds `random` for each test of the file, with a seed under which the test passes."""
    source = (
        "@pytest.fixture(autouse=True)\n"
        "def seed_random():\n"
        '    """Gives each test the same random numbers in each run."""\n'
        f"    random.seed({dependence.seed})\n"
    )
    file = dependence.test.partition("::")[0]
    return (InFile(file, AddFixture("seed_random", source, ("pytest", "random"))),)
