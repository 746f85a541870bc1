import time

import pytest
import time_machine

from hongya_portal import form_tokens
from hongya_portal.form_tokens import MAX_AGE_SECONDS, BadToken, StaleToken

TARGET = "comment/1/measure/13"
START = 1_660_000_000


def test_a_token_is_read_back_once_and_again_with_one_nonce():
    token = form_tokens.issue(TARGET)
    assert form_tokens.read(token, TARGET).nonce == form_tokens.read(token, TARGET).nonce
    assert len(form_tokens.read(token, TARGET).nonce) == 22


def test_no_two_tokens_share_a_nonce():
    nonces = {form_tokens.read(form_tokens.issue(TARGET), TARGET).nonce for _ in range(100)}
    assert len(nonces) == 100


def test_a_token_tells_its_age():
    with time_machine.travel(START, tick=False) as traveller:
        token = form_tokens.issue(TARGET)
        traveller.shift(90)
        assert form_tokens.read(token, TARGET).age_seconds == 90


def test_a_clock_that_steps_back_gives_no_negative_age():
    with time_machine.travel(START, tick=False) as traveller:
        token = form_tokens.issue(TARGET)
        traveller.shift(-90)
        assert form_tokens.read(token, TARGET).age_seconds == 0


@pytest.mark.parametrize(("age", "stale"), [(MAX_AGE_SECONDS, False), (MAX_AGE_SECONDS + 1, True)])
def test_a_token_goes_stale(age, stale):
    with time_machine.travel(START, tick=False) as traveller:
        token = form_tokens.issue(TARGET)
        traveller.shift(age)
        if stale:
            with pytest.raises(StaleToken):
                form_tokens.read(token, TARGET)
        else:
            assert form_tokens.read(token, TARGET).age_seconds == age


@pytest.mark.parametrize("token", ["", ":", "::", "a:b:c", "令牌", "\x00", "x" * 100_000])
def test_what_was_never_issued_is_bad(token):
    with pytest.raises(BadToken):
        form_tokens.read(token, TARGET)


def test_a_changed_token_is_bad():
    nonce, issued_at, signature = form_tokens.issue(TARGET).split(":")
    for forged in (f"a{nonce[1:]}b", nonce[:-1]):
        with pytest.raises(BadToken):
            form_tokens.read(f"{forged}:{issued_at}:{signature}", TARGET)
    with pytest.raises(BadToken):
        form_tokens.read(f"{nonce}:{int(time.time())}:{signature}", TARGET)


def test_a_token_of_another_form_is_bad():
    with pytest.raises(BadToken):
        form_tokens.read(form_tokens.issue("comment/1/measure/14"), TARGET)


def test_a_form_outlives_a_change_of_the_secret_key(settings):
    token = form_tokens.issue(TARGET)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "invented-new-key"
    assert form_tokens.read(token, TARGET).nonce
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(BadToken):
        form_tokens.read(token, TARGET)
