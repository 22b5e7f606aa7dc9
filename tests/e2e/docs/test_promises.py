"""Every promise of docs/semantics.md has a test that bears its name, and no test bears the name of another."""

import re

from programs import ROOT


def test_every_promise_has_a_test_of_its_name():
    text = (ROOT / "docs/semantics.md").read_text(encoding="utf-8")
    promises = {title.rstrip(".,:") for title in re.findall(r"^\d+\. \*\*(.+?)\*\*", text, re.MULTILINE)}
    named = set()
    for path in (ROOT / "tests/e2e").rglob("test_*.py"):
        named.update(re.findall(r'^@pytest\.mark\.promise\("(.+)"\)$', path.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(promises) >= 17
    assert promises - named == set(), "promises without a test"
    assert named - promises == set(), "tests of what is not promised"
