"""The shop's view of its campaigns: each arm with what was counted and what to believe of it."""

COLUMNS = (
    "tenant",
    "campaign_id",
    "campaign",
    "goal",
    "closed_at",
    "result_id",
    "sku",
    "visibility",
    "added_at",
    "retired_at",
    "choices",
    "impressions",
    "clicks",
    "orders",
    "choice_share",
    "goal_mean",
)

DROP = "DROP VIEW IF EXISTS campaign_arms"


def _sum(kind: str, name: str) -> str:
    return f"CAST(sum(CASE WHEN kind = '{kind}' THEN count ELSE 0 END) AS bigint) AS {name}"


# The mean is that of the Beta distribution which db/thompson.py draws from.
CREATE = f"""
CREATE VIEW campaign_arms AS
SELECT tenant, campaign_id, campaign, goal, closed_at, result_id, sku, visibility, added_at,
    retired_at, choices, impressions, clicks, orders,
    CAST(choices AS double precision)
        / nullif(sum(choices) OVER (PARTITION BY campaign_id), 0) AS choice_share,
    CAST(reached + 1 AS double precision)
        / (CASE WHEN reached > impressions THEN reached ELSE impressions END + 2) AS goal_mean
FROM (
    SELECT campaign.tenant, campaign.id AS campaign_id, campaign.name AS campaign, campaign.goal,
        campaign.closed_at, arm.result_id, result.sku, result.visibility, arm.added_at,
        arm.retired_at, coalesce(choices, 0) AS choices, coalesce(impressions, 0) AS impressions,
        coalesce(clicks, 0) AS clicks, coalesce(orders, 0) AS orders,
        coalesce(CASE WHEN campaign.goal = 'click' THEN clicks ELSE orders END, 0) AS reached
    FROM arm
    JOIN campaign ON campaign.id = arm.campaign_id
    JOIN result ON result.id = arm.result_id
    LEFT JOIN (
        SELECT campaign_id, result_id, {_sum("choice", "choices")},
            {_sum("impression", "impressions")}, {_sum("click", "clicks")},
            {_sum("order", "orders")}
        FROM tally
        GROUP BY campaign_id, result_id
    ) AS counted ON counted.campaign_id = arm.campaign_id AND counted.result_id = arm.result_id
) AS arms
"""  # noqa: S608 — the kinds above, nothing of a stranger's
