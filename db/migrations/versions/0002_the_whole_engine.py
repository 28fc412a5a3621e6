"""The whole engine."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=True),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("webhook_url", sa.String(length=2048), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("succeeded", sa.Integer(), nullable=True),
        sa.Column("failed", sa.Integer(), nullable=True),
        sa.Column("cancelled", sa.Integer(), nullable=True),
        sa.Column("dead", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint(
            "tenant", "idempotency_key", name=op.f("uq_batch_tenant_idempotency_key")
        ),
    )
    op.create_index("ix_batch_newest", "batch", ["tenant", "created_at", "id"], unique=False)
    op.create_index(
        "ix_batch_open",
        "batch",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index(
        "ix_batch_over",
        "batch",
        ["finished_at"],
        unique=False,
        sqlite_where=sa.text("finished_at IS NOT NULL"),
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("endpoint_id", sa.String(length=36), nullable=True),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("host", sa.String(length=262), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("replay_of", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'delivered', 'failed')", name=op.f("ck_delivery_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["tenant", "host", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_delivery_endpoint",
        "delivery",
        ["endpoint_id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending' AND endpoint_id IS NOT NULL"),
        postgresql_where=sa.text("state = 'pending' AND endpoint_id IS NOT NULL"),
    )
    op.create_index("ix_delivery_newest", "delivery", ["tenant", "created_at", "id"], unique=False)
    op.create_index(
        "ix_delivery_over",
        "delivery",
        ["finished_at"],
        unique=False,
        sqlite_where=sa.text("finished_at IS NOT NULL"),
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.create_index(
        "ix_delivery_state",
        "delivery",
        ["tenant", "state", "created_at", "id"],
        unique=False,
        sqlite_where=sa.text("state <> 'delivered'"),
        postgresql_where=sa.text("state <> 'delivered'"),
    )
    op.create_index("ix_delivery_subject", "delivery", ["subject"], unique=False)
    op.create_index(
        "ix_delivery_told",
        "delivery",
        ["tenant", "endpoint_id", "created_at", "id"],
        unique=False,
        sqlite_where=sa.text("endpoint_id IS NOT NULL"),
        postgresql_where=sa.text("endpoint_id IS NOT NULL"),
    )
    op.create_table(
        "endpoint",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("previous_secret", sa.Text(), nullable=True),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_because", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoint")),
    )
    op.create_index("ix_endpoint_tenant", "endpoint", ["tenant"], unique=False)
    op.create_table(
        "erasure",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_erasure")),
    )
    op.create_table(
        "tenant",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("max_queued", sa.Integer(), nullable=True),
        sa.Column("max_running", sa.Integer(), nullable=True),
        sa.Column("webhook_secret", sa.Text(), nullable=True),
        sa.Column("webhook_previous_secret", sa.Text(), nullable=True),
        sa.Column("webhook_rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tenant")),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_by", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.name"], name=op.f("fk_api_key_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
    )
    op.create_index("ix_api_key_tenant", "api_key", ["tenant"], unique=False)
    op.create_table(
        "batch_line",
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("problem", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_line_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_batch_line")),
    )
    op.create_table(
        "delivery_attempt",
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_attempt_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_delivery_attempt")),
    )
    op.add_column("blob", sa.Column("needed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_blob_unseen",
        "blob",
        ["last_put_at"],
        unique=False,
        sqlite_where=sa.text("needed_at IS NULL"),
        postgresql_where=sa.text("needed_at IS NULL"),
    )
    op.add_column("dataset", sa.Column("erased", sa.Integer(), nullable=True))
    op.add_column("job", sa.Column("webhook_url", sa.String(length=2048), nullable=True))
    op.drop_index(op.f("ix_job_external_id"), table_name="job")
    op.create_index(
        "ix_job_external_id",
        "job",
        ["tenant", "external_id", "created_at", "id"],
        unique=False,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_job_sku"), table_name="job")
    op.create_index(
        "ix_job_sku",
        "job",
        ["tenant", "sku", "created_at", "id"],
        unique=False,
        sqlite_where=sa.text("sku IS NOT NULL"),
        postgresql_where=sa.text("sku IS NOT NULL"),
    )
    op.create_index(
        "ix_job_batch",
        "job",
        ["batch_id", "state"],
        unique=False,
        sqlite_where=sa.text("batch_id IS NOT NULL"),
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    )
    op.create_index(
        "ix_job_deadline",
        "job",
        ["deadline_at"],
        unique=False,
        sqlite_where=sa.text("state = 'queued' AND deadline_at IS NOT NULL"),
        postgresql_where=sa.text("state = 'queued' AND deadline_at IS NOT NULL"),
    )
    op.create_index("ix_job_op", "job", ["tenant", "op", "created_at", "id"], unique=False)
    op.create_index(
        "ix_job_running",
        "job",
        ["queue", "tenant"],
        unique=False,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_index(
        "ix_job_solo",
        "job",
        ["queue", "scheduled_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'queued' AND solo"),
        postgresql_where=sa.text("state = 'queued' AND solo"),
    )
    op.create_index(
        "ix_job_state",
        "job",
        ["tenant", "state", "created_at", "id"],
        unique=False,
        sqlite_where=sa.text("state <> 'succeeded'"),
        postgresql_where=sa.text("state <> 'succeeded'"),
    )
    op.create_index(
        "ix_result_blob_key",
        "result",
        ["tenant", "blob_key"],
        unique=False,
        sqlite_where=sa.text("blob_key IS NOT NULL"),
        postgresql_where=sa.text("blob_key IS NOT NULL"),
    )
    op.create_index(
        "ix_result_edit_mask_key",
        "result",
        ["tenant", "edit_mask_key"],
        unique=False,
        sqlite_where=sa.text("edit_mask_key IS NOT NULL"),
        postgresql_where=sa.text("edit_mask_key IS NOT NULL"),
    )
    op.create_index(
        "ix_result_mask_key",
        "result",
        ["tenant", "mask_key"],
        unique=False,
        sqlite_where=sa.text("mask_key IS NOT NULL"),
        postgresql_where=sa.text("mask_key IS NOT NULL"),
    )
    op.create_index("ix_result_op", "result", ["tenant", "op", "created_at", "id"], unique=False)
    op.create_index(
        "ix_result_reference_key",
        "result",
        ["tenant", "reference_key"],
        unique=False,
        sqlite_where=sa.text("reference_key IS NOT NULL"),
        postgresql_where=sa.text("reference_key IS NOT NULL"),
    )
    op.create_index("ix_result_sku", "result", ["tenant", "sku", "created_at", "id"], unique=False)
    op.create_index(
        "ix_result_source_key",
        "result",
        ["tenant", "source_key"],
        unique=False,
        sqlite_where=sa.text("source_key IS NOT NULL"),
        postgresql_where=sa.text("source_key IS NOT NULL"),
    )
    op.create_index(
        "ix_result_unpublished",
        "result",
        ["tenant", "created_at", "id"],
        unique=False,
        sqlite_where=sa.text("visibility <> 'published'"),
        postgresql_where=sa.text("visibility <> 'published'"),
    )
    op.create_index("ix_version_weights_key", "version", ["tenant", "weights_key"], unique=False)
    op.add_column(
        "worker", sa.Column("drain_requested_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("worker", "drain_requested_at")
    op.drop_index("ix_version_weights_key", table_name="version")
    op.drop_index(
        "ix_result_unpublished",
        table_name="result",
        sqlite_where=sa.text("visibility <> 'published'"),
        postgresql_where=sa.text("visibility <> 'published'"),
    )
    op.drop_index(
        "ix_result_source_key",
        table_name="result",
        sqlite_where=sa.text("source_key IS NOT NULL"),
        postgresql_where=sa.text("source_key IS NOT NULL"),
    )
    op.drop_index("ix_result_sku", table_name="result")
    op.drop_index(
        "ix_result_reference_key",
        table_name="result",
        sqlite_where=sa.text("reference_key IS NOT NULL"),
        postgresql_where=sa.text("reference_key IS NOT NULL"),
    )
    op.drop_index("ix_result_op", table_name="result")
    op.drop_index(
        "ix_result_mask_key",
        table_name="result",
        sqlite_where=sa.text("mask_key IS NOT NULL"),
        postgresql_where=sa.text("mask_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_result_edit_mask_key",
        table_name="result",
        sqlite_where=sa.text("edit_mask_key IS NOT NULL"),
        postgresql_where=sa.text("edit_mask_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_result_blob_key",
        table_name="result",
        sqlite_where=sa.text("blob_key IS NOT NULL"),
        postgresql_where=sa.text("blob_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_job_state",
        table_name="job",
        sqlite_where=sa.text("state <> 'succeeded'"),
        postgresql_where=sa.text("state <> 'succeeded'"),
    )
    op.drop_index(
        "ix_job_solo",
        table_name="job",
        sqlite_where=sa.text("state = 'queued' AND solo"),
        postgresql_where=sa.text("state = 'queued' AND solo"),
    )
    op.drop_index(
        "ix_job_running",
        table_name="job",
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.drop_index("ix_job_op", table_name="job")
    op.drop_index(
        "ix_job_deadline",
        table_name="job",
        sqlite_where=sa.text("state = 'queued' AND deadline_at IS NOT NULL"),
        postgresql_where=sa.text("state = 'queued' AND deadline_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_job_batch",
        table_name="job",
        sqlite_where=sa.text("batch_id IS NOT NULL"),
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_job_sku",
        table_name="job",
        sqlite_where=sa.text("sku IS NOT NULL"),
        postgresql_where=sa.text("sku IS NOT NULL"),
    )
    op.create_index(op.f("ix_job_sku"), "job", ["tenant", "sku"], unique=False)
    op.drop_index(
        "ix_job_external_id",
        table_name="job",
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_job_external_id"), "job", ["tenant", "external_id"], unique=False)
    op.drop_column("job", "webhook_url")
    op.drop_column("dataset", "erased")
    op.drop_index(
        "ix_blob_unseen",
        table_name="blob",
        sqlite_where=sa.text("needed_at IS NULL"),
        postgresql_where=sa.text("needed_at IS NULL"),
    )
    op.drop_column("blob", "needed_at")
    op.drop_table("delivery_attempt")
    op.drop_table("batch_line")
    op.drop_index("ix_api_key_tenant", table_name="api_key")
    op.drop_table("api_key")
    op.drop_table("tenant")
    op.drop_table("erasure")
    op.drop_index("ix_endpoint_tenant", table_name="endpoint")
    op.drop_table("endpoint")
    op.drop_index(
        "ix_delivery_told",
        table_name="delivery",
        sqlite_where=sa.text("endpoint_id IS NOT NULL"),
        postgresql_where=sa.text("endpoint_id IS NOT NULL"),
    )
    op.drop_index("ix_delivery_subject", table_name="delivery")
    op.drop_index(
        "ix_delivery_state",
        table_name="delivery",
        sqlite_where=sa.text("state <> 'delivered'"),
        postgresql_where=sa.text("state <> 'delivered'"),
    )
    op.drop_index(
        "ix_delivery_over",
        table_name="delivery",
        sqlite_where=sa.text("finished_at IS NOT NULL"),
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.drop_index("ix_delivery_newest", table_name="delivery")
    op.drop_index(
        "ix_delivery_endpoint",
        table_name="delivery",
        sqlite_where=sa.text("state = 'pending' AND endpoint_id IS NOT NULL"),
        postgresql_where=sa.text("state = 'pending' AND endpoint_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_delivery_due",
        table_name="delivery",
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.drop_table("delivery")
    op.drop_index(
        "ix_batch_over",
        table_name="batch",
        sqlite_where=sa.text("finished_at IS NOT NULL"),
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_batch_open",
        table_name="batch",
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.drop_index("ix_batch_newest", table_name="batch")
    op.drop_table("batch")
