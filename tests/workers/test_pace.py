"""At most so often, and at once after a pause."""

import time

from workers.pace import Pace


def test_the_first_goes_on_at_once_and_the_next_waits_its_time():
    pace, since = Pace(every_s=0.2), time.monotonic()

    pace.wait()
    first_s = time.monotonic() - since
    pace.wait()
    second_s = time.monotonic() - since

    assert first_s < 0.1
    assert 0.2 <= second_s < 1


def test_after_a_pause_nobody_waits():
    pace = Pace(every_s=0.05)
    pace.wait()
    time.sleep(0.06)
    since = time.monotonic()

    pace.wait()

    assert time.monotonic() - since < 0.04
