import pytest

from hongya_portal import fonts


@pytest.fixture(autouse=True)
def _fresh():
    caches = (fonts.environment, fonts.installed_families, fonts.paper_fonts, fonts._coverage)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def test_chinese_has_glyphs_and_an_unassigned_character_has_none():
    assert all(map(fonts.has_glyph, "汉镇渔滩—〔〕，A"))
    assert not fonts.has_glyph("\U0003fffd")


def test_stacks_hold_installed_families_and_end_in_a_generic_one(monkeypatch):
    monkeypatch.setattr(fonts, "installed_families", lambda: frozenset({"FangSong", "Noto Serif CJK SC"}))
    stacks = fonts.paper_fonts()
    assert stacks.body == '"FangSong", "Noto Serif CJK SC", serif'
    assert stacks.hei == "sans-serif"
    assert (stacks.fangsong, stacks.title_weight) == ("FangSong", 700)


def test_a_title_face_is_never_made_bold(monkeypatch):
    monkeypatch.setattr(fonts, "installed_families", lambda: frozenset({"方正小标宋简体"}))
    stacks = fonts.paper_fonts()
    assert (stacks.title, stacks.title_weight, stacks.fangsong) == ('"方正小标宋简体", serif', 400, "")


def test_without_fontconfig_no_character_is_called_missing(monkeypatch):
    monkeypatch.setattr(fonts, "environment", lambda: {"PATH": "/nowhere"})
    assert fonts.has_glyph("\U0003fffd")
    assert fonts.paper_fonts().body == "serif"


def test_fonts_of_the_bureau_are_found_under_the_portals_own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    assert "FONTCONFIG_FILE" not in fonts.environment()
    (tmp_path / "fonts").mkdir()
    fonts.environment.cache_clear()
    configuration = fonts.environment()["FONTCONFIG_FILE"]
    assert f"<dir>{tmp_path}/fonts</dir>" in (tmp_path / "fonts.conf").read_text()
    assert configuration == str(tmp_path / "fonts.conf")
    assert "Noto Serif CJK SC" in fonts.installed_families()
