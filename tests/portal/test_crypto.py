import pytest
from django.core.exceptions import ImproperlyConfigured

from hongya_portal import crypto


@pytest.fixture(autouse=True)
def _keys(settings):
    settings.DATA_KEYS = ["2:second-invented-secret", "1:first-invented-secret"]


def test_encryption_hides_and_opens():
    token = crypto.encrypt("赵演示 00000000000")
    assert "赵" not in token
    assert crypto.decrypt(token) == "赵演示 00000000000"
    assert crypto.encrypt("同一文字") != crypto.encrypt("同一文字")


def test_an_older_key_still_opens_and_the_newest_one_writes(settings):
    settings.DATA_KEYS = ["1:first-invented-secret"]
    old = crypto.encrypt("旧")
    settings.DATA_KEYS = ["2:second-invented-secret", "1:first-invented-secret"]
    assert crypto.decrypt(old) == "旧"
    settings.DATA_KEYS = ["2:second-invented-secret"]
    assert crypto.decrypt(old) == crypto.UNREADABLE


def test_a_garbled_token_does_not_fail_the_page():
    assert crypto.decrypt("不是密文") == crypto.UNREADABLE


def test_a_hash_of_one_purpose_is_none_of_another():
    assert crypto.keyed_hash("x", "lookup-hash") != crypto.keyed_hash("x", "throttle")
    assert crypto.keyed_hash("x", "throttle", "1") != crypto.keyed_hash("x", "throttle", "2")
    assert crypto.keyed_hash("x", "throttle") == crypto.keyed_hash("x", "throttle", "2")
    with pytest.raises(KeyError):
        crypto.keyed_hash("x", "throttle", "9")


@pytest.mark.parametrize("keys", [["no-separator"], [":x"], ["1:"], ["1:a", "1:b"]])
def test_a_malformed_key_ring_is_refused(settings, keys):
    settings.DATA_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match="PORTAL_DATA_KEYS"):
        crypto.key_ring()
