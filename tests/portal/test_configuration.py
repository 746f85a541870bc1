import re

from tests.servers import ROOT


def test_every_variable_is_documented():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "hongya_portal" / "settings.py").read_text()))
    documented = set(re.findall(r"`([A-Z][A-Z_]+)`", (ROOT / "docs" / "configuration.md").read_text()))

    assert len(read) > 20
    assert read - documented == set()
