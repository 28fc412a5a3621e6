"""The storefront's view: the newest published result of each product, channel and operation."""

COLUMNS = (
    "tenant",
    "sku",
    "channel",
    "op",
    "job_id",
    "id",
    "ordinal",
    "blob_key",
    "sha256",
    "format",
    "width",
    "height",
    "source_kind",
    "model_version",
    "preset_version",
    "psnr_db",
    "ssim",
    "product_psnr_db",
    "product_ssim",
    "product_delta_e_mean",
    "identical",
    "product_identical",
    "protected_identical",
    "unproven",
    "compliance",
    "created_at",
)

DROP = "DROP VIEW IF EXISTS published_results"

# A job without a sku is a product of its own; all pictures of the newest job are shown.
CREATE = f"""
CREATE VIEW published_results AS
SELECT {", ".join(COLUMNS)}
FROM (
    SELECT delivered.*, dense_rank() OVER (
        PARTITION BY tenant, coalesce(sku, job_id), channel, op
        ORDER BY delivered_at DESC, job_id DESC
    ) AS age
    FROM (
        SELECT result.*, max(created_at) OVER (PARTITION BY job_id) AS delivered_at
        FROM result
        WHERE visibility = 'published'
    ) AS delivered
) AS ranked
WHERE age = 1
"""  # noqa: S608 — the names above, nothing of a stranger's
