"""The Celery app, and what a delivered message promises: nothing but a look at the table."""

from celery import Celery

from workers import settings, transport

transport.install()
app = Celery("packshot", include=["workers.tasks", "workers.signals"], set_as_current=False)
app.conf.update(
    broker_url=settings.get().broker(),
    result_backend=None,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    task_serializer="json",
    accept_content=["json"],
    timezone="UTC",
    enable_utc=True,
    worker_pool="threads",
    worker_concurrency=32,
    worker_prefetch_multiplier=1,
    task_acks_late=True,
    task_acks_on_failure=True,
    task_acks_on_timeout=True,
    task_reject_on_worker_lost=False,
    task_retry_on_worker_lost=False,
    worker_disable_prefetch=False,
    worker_eta_task_limit=100,
    worker_disable_rate_limits=True,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_soft_shutdown_timeout=0.0,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_pool_acquire_timeout=2.0,
    broker_transport_options={
        # Handled in milliseconds, and safe to hear twice: what a killed worker had comes back soon.
        "visibility_timeout": 60,
        "health_check_interval": 10,
        "socket_connect_timeout": 5,
        "socket_timeout": 30,
        "socket_keepalive": True,
        "retry_on_timeout": True,
        "global_keyprefix": "packshot:",
    },
    task_default_queue="cpu",
    task_create_missing_queues=True,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
)
