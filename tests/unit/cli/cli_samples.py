"""A test, the same healed, and the patch between."""

from __future__ import annotations

from collections.abc import Callable

Git = Callable[..., str]
TEST = "def test_one():\n    assert 1 == 2\n"
HEALED = TEST.replace("== 2", "== 1")
PATCH = """diff --git a/tests/test_one.py b/tests/test_one.py
--- a/tests/test_one.py
+++ b/tests/test_one.py
@@ -1,2 +1,2 @@
 def test_one():
-    assert 1 == 2
+    assert 1 == 1
"""
