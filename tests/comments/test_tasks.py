import datetime as dt
import os
import socket
import subprocess
import sys

import pytest
from celery import current_app
from django.conf import settings as django_settings

from comments import tasks
from comments.models import Report, ReportFormat, ReportKind
from comments.services.reporting import request_report
from hongya_portal.jobs import JobStatus

pytestmark = pytest.mark.django_db


def test_every_scheduled_and_routed_name_is_a_task():
    current_app.loader.import_default_modules()
    names = {entry["task"] for entry in django_settings.CELERY_BEAT_SCHEDULE.values()}
    names |= set(django_settings.CELERY_TASK_ROUTES)
    assert names <= set(current_app.tasks)
    assert tasks.render_report.name in django_settings.CELERY_TASK_ROUTES


def test_tasks_do_what_their_services_do(consultation, drafter, during):
    report = request_report(
        consultation=consultation,
        kind=ReportKind.FEEDBACK_REPORT,
        format=ReportFormat.CSV,
        parameters={},
        actor=drafter,
    )
    tasks.render_report(report.pk)
    report.refresh_from_db()
    assert report.status == JobStatus.READY
    assert tasks.make_due_digests() == 3
    assert tasks.make_due_digests() == 0
    during.shift(dt.timedelta(seconds=61))
    assert tasks.sweep_reports() == 3
    assert Report.objects.filter(status=JobStatus.QUEUED).count() == 3


KICK = """
import time, django
django.setup()
from comments.services.reporting import _kick
started = time.perf_counter()
_kick(1)
print(time.perf_counter() - started)
"""


@pytest.mark.processes
@pytest.mark.parametrize("frozen", [False, True], ids=["refusing", "frozen"])
def test_a_broker_that_is_away_costs_a_request_seconds(frozen, tmp_path):
    """Redis settings, and a port where nobody listens or where a server never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1] if frozen else 1
        environment = {
            **os.environ,
            "BROKER_URL": f"redis://:secret@127.0.0.1:{port}/0",
            "DJANGO_SETTINGS_MODULE": "hongya_portal.settings",
            "PORTAL_VAR": str(tmp_path),
        }
        done = subprocess.run(
            [sys.executable, "-c", KICK],
            cwd=django_settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert float(done.stdout) < 4
    assert "report 1 could not be sent to a worker: OperationalError" in done.stderr
    assert "secret" not in done.stderr
