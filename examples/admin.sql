-- What an admin asks the database of Packshot, with any SQL client: SQLite and PostgreSQL alike.
-- Each statement stands alone; reading is enough. The view `published_results` holds the pictures of
-- the newest job for each product, channel and operation; `blob_key` is where the bytes of a result
-- lie: blobs/TENANT/ + its first two digits + / + the key.

-- Every newest picture with its proof.
SELECT sku, op, width, height, psnr_db, ssim, product_psnr_db, product_identical, sha256
FROM published_results
WHERE tenant = 'shop'
ORDER BY created_at DESC;

-- Products whose pixels changed more than they should (identical ones have NULL and a flag).
SELECT sku, op, product_psnr_db, product_delta_e_mean
FROM published_results
WHERE product_psnr_db < 45 OR product_delta_e_mean > 1;

-- Results whose proof rests on a mask that cannot be trusted.
SELECT sku, op, id FROM published_results WHERE unproven;

-- How good it is, per operation and month.
SELECT op, substr(CAST(created_at AS varchar(30)), 1, 7) AS month, count(*) AS pictures,
       avg(psnr_db) AS psnr_db, avg(ssim) AS ssim, avg(product_psnr_db) AS product_psnr_db
FROM result GROUP BY op, month ORDER BY op, month;

-- How fast it is, per operation.
SELECT op, count(*) AS pictures, avg(queue_ms) AS queue_ms, avg(device_ms) AS device_ms,
       avg(score_ms) AS score_ms
FROM result GROUP BY op ORDER BY op;

-- What waits and runs now, per queue and tenant.
SELECT queue, tenant, state, count(*) AS jobs, min(created_at) AS oldest
FROM job WHERE state IN ('queued', 'running') GROUP BY queue, tenant, state ORDER BY queue, tenant;

-- What failed, and why.
SELECT op, error_code, count(*) FROM job
WHERE state IN ('failed', 'dead') GROUP BY op, error_code ORDER BY 3 DESC;

-- Jobs that took more than one try.
SELECT job_id, count(*) AS tries FROM attempt
GROUP BY job_id HAVING count(*) > 1 ORDER BY tries DESC LIMIT 50;

-- What people thought, per operation.
SELECT result.op, feedback.rating, count(*) AS opinions
FROM feedback JOIN result ON result.id = feedback.result_id
GROUP BY result.op, feedback.rating ORDER BY result.op, feedback.rating;

-- Which versions made how many pictures, and how good these are.
SELECT model_version, op, count(*) AS pictures, avg(psnr_db) AS psnr_db, avg(ssim) AS ssim
FROM result WHERE model_version IS NOT NULL
GROUP BY model_version, op ORDER BY pictures DESC;

-- How much the pictures and results of each tenant take.
SELECT tenant, count(*) AS blobs, sum(bytes) AS bytes FROM blob GROUP BY tenant ORDER BY bytes DESC;

-- Webhooks that nobody will send again by itself.
SELECT tenant, event, subject, attempt, url FROM delivery
WHERE state = 'failed' ORDER BY created_at DESC LIMIT 50;

-- Which arms of each campaign do best, and how often they are chosen.
SELECT campaign, goal, sku, result_id, impressions, clicks, orders, choice_share, goal_mean
FROM campaign_arms
WHERE closed_at IS NULL AND retired_at IS NULL
ORDER BY campaign, goal_mean DESC;

-- Who changed what of late.
SELECT created_at, actor_tenant, key_id, verb, resource, outcome, status
FROM audit ORDER BY created_at DESC LIMIT 50;
