"""Which line of the new product is which one of the old."""

import pytest

from maestro_healing.domain.mutation.lines import CommonLines, Place

CODE = "import os\n\n\ndef first(a):\n    b = a + 1\n    return b\n\n\ndef second(a):\n    c = a\n    return c * 2\n"


def place(line: int, path: str = "shop.py", *, to: int = 0) -> Place:
    return Place(path, (line, 8), (to or line, 9), "x")


def test_lines_move_with_what_stands_above_them() -> None:
    lines = CommonLines(
        {"shop.py": CODE}, {"shop.py": CODE.replace("import os\n", "import os\nimport sys\n")}
    )
    moved = lines.moved(place(5))
    assert moved == place(6)
    assert lines.moved_back(moved) == place(5)


def test_a_line_that_changed_is_not_shared() -> None:
    lines = CommonLines({"shop.py": CODE}, {"shop.py": CODE.replace("a + 1", "a + 2")})
    assert lines.moved(place(5)) is None
    assert lines.moved(place(4, to=6)) is None
    assert lines.moved(place(6)) == place(6)
    assert all(not first <= 5 <= last for first, last in lines.ranges["shop.py"])


def test_a_file_may_have_another_name() -> None:
    lines = CommonLines(
        {"shop.py": CODE}, {"store.py": CODE.replace("c * 2", "c * 3"), "other.py": "x = 1\n"}
    )
    assert lines.moved(place(5)) == place(5, "store.py")
    assert lines.moved(place(11)) is None


def test_a_function_may_stand_in_another_file() -> None:
    head, tail = CODE.split("\n\n\ndef second", 1)
    new = {"shop.py": head + "\n", "other.py": "import re\n\n\ndef second" + tail}
    lines = CommonLines({"shop.py": CODE, "other.py": "import re\n"}, new)
    assert lines.moved(place(10)) == place(5, "other.py")
    assert lines.moved_back(place(5, "other.py")) == place(10)


def test_what_is_there_twice_is_nobodys() -> None:
    rest = "".join(f"name_{i} = {i}\n" for i in range(20))
    copy = "\n".join([*CODE.split("\n")[3:6], "    d = 1"])
    lines = CommonLines({"shop.py": f"{copy}\n{rest}"}, {"a.py": copy, "b.py": copy})
    assert lines.moved(place(2)) is None


def test_a_place_that_came_from_nowhere() -> None:
    with pytest.raises(ValueError, match="came from nowhere"):
        CommonLines({}, {"shop.py": CODE}).moved_back(place(5))


def test_other_line_ends_are_the_same_lines() -> None:
    lines = CommonLines({"shop.py": CODE}, {"shop.py": CODE.replace("\n", "\r\n")})
    assert lines.moved(place(5)) == place(5)


def test_a_renamed_folder_keeps_the_names_in_it() -> None:
    old = {"a/one.py": CODE, "a/two.py": CODE}
    lines = CommonLines(old, {path.replace("a/", "b/"): text for path, text in old.items()})
    assert lines.moved(place(5, "a/two.py")) == place(5, "b/two.py")
