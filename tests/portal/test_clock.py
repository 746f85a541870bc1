import datetime as dt

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured

from hongya_portal import clock

REAL = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
SHOWN = dt.datetime(2022, 8, 8, 9, 0, tzinfo=clock.ZONE)


def test_without_a_start_it_is_the_real_time(settings):
    settings.CLOCK_START = ""
    with time_machine.travel(REAL, tick=False):
        assert clock.now() == REAL


def test_a_demonstration_ticks_on_from_its_start(settings):
    settings.CLOCK_START, settings.CLOCK_ANCHOR = SHOWN.isoformat(), REAL.timestamp()
    with time_machine.travel(REAL + dt.timedelta(hours=1), tick=False):
        assert clock.now() == SHOWN + dt.timedelta(hours=1)


def test_a_start_without_a_zone_is_shanghai_time(settings):
    settings.CLOCK_START, settings.CLOCK_ANCHOR = "2022-08-08T09:00:00", REAL.timestamp()
    with time_machine.travel(REAL, tick=False):
        assert clock.now() == SHOWN


def test_a_start_that_is_no_moment_is_refused(settings):
    settings.CLOCK_START = "八月八日"
    with pytest.raises(ImproperlyConfigured, match="PORTAL_CLOCK"):
        clock.now()


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (dt.datetime(2022, 8, 10, 15, 59, 59, tzinfo=dt.UTC), dt.date(2022, 8, 10)),
        (dt.datetime(2022, 8, 10, 16, 0, tzinfo=dt.UTC), dt.date(2022, 8, 11)),
    ],
)
def test_today_is_the_day_in_shanghai(settings, moment, day):
    settings.CLOCK_START = ""
    with time_machine.travel(moment, tick=False):
        assert clock.today() == day


def test_a_day_is_a_half_open_interval():
    start, end = clock.day_bounds(dt.date(2022, 8, 10))
    assert (start.isoformat(), end.isoformat()) == ("2022-08-10T00:00:00+08:00", "2022-08-11T00:00:00+08:00")
