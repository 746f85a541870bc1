"""Thin tasks. Services call these tasks, so each imports its service only when it runs."""

from celery import shared_task


@shared_task
def render_report(report_id: int) -> None:
    from comments.services.reporting import run_report

    run_report(report_id)


@shared_task
def make_due_digests() -> int:
    """How many digests were asked for now."""
    from comments.services.reporting import make_due_digests

    return make_due_digests()


@shared_task
def sweep_reports() -> int:
    """How many reports were given back, failed or sent again."""
    from comments.services.reporting import sweep

    return sweep()


@shared_task
def purge_expired() -> None:
    """What has been kept as long as it may be: contact data, and counters of visits."""
    from comments.services.retaining import purge_contact_data
    from hongya_portal import throttling

    purge_contact_data()
    throttling.purge()
