"""At most so often, and at once after a pause."""

import time

from workers.pace import Pace


def test_the_first_goes_on_at_once_and_the_next_waits_its_time():
    pace, since = Pace(every_s=0.5), time.monotonic()

    pace.wait()
    first_s = time.monotonic() - since
    pace.wait()
    second_s = time.monotonic() - since

    assert first_s < 0.4
    assert 0.5 <= second_s < 3


def test_after_a_pause_nobody_waits():
    pace = Pace(every_s=0.5)
    pace.wait()
    time.sleep(0.55)
    since = time.monotonic()

    pace.wait()

    assert time.monotonic() - since < 0.4
