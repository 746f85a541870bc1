import pytest

from hongya_portal.files import atomic_file


def test_a_file_appears_whole_and_private(tmp_path):
    target = tmp_path / "演示.txt"
    with atomic_file(target) as temporary:
        temporary.write_text("全文")
        assert not target.exists()
    assert target.read_text() == "全文"
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [target]


def test_after_an_error_the_older_file_stands_and_nothing_else(tmp_path):
    target = tmp_path / "paper.txt"
    target.write_text("旧")
    with pytest.raises(TypeError), atomic_file(target) as temporary:
        temporary.write_text("一半") + ""
    assert target.read_text() == "旧"
    assert list(tmp_path.iterdir()) == [target]


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_file(tmp_path / "no" / "paper.txt"):
        pytest.fail("nothing to write to")
