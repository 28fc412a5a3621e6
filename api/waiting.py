"""`Prefer: wait`: the answer is held back until the job is over, by the look that all share."""

import asyncio
import re

from api.watching import Topic, Watch
from db.changes import Gone, JobSeen
from db.tables.jobs import TERMINAL

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?\s*(?:$|[,;])", re.IGNORECASE)


def preferred_s(prefer: str) -> float | None:
    """How long a Prefer header wants to wait (RFC 7240); None when it does not say."""
    found = _WAIT.search(prefer)
    return float(found[1]) if found else None


async def until_over(watch: Watch, tenant: str, job_id: str, seconds: float) -> bool:
    """Whether the job ended in time, and before the server stops."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + seconds
    with watch.listening(Topic("job", tenant, job_id)) as listening:
        while (left_s := give_up - loop.time()) > 0:
            news = await listening.news(left_s)
            if news is None:
                return False
            for seen in news:
                if isinstance(seen, Gone):
                    return True
                if isinstance(seen, JobSeen) and seen.state in TERMINAL:
                    return True
    return False
