from typing import Any

from django.db import DatabaseError
from django.db.models import Prefetch
from django.http.response import HttpResponse

from comments.forms import LookUpForm
from comments.models import Comment, CommentEvent, CommentStatus, Disposition, EventKind, Submission
from comments.views.public_form import PublicFormView
from hongya_portal import throttling
from hongya_portal.views import error_page

# What the person who wrote may see of the record: the public steps, and never who took them.
_PUBLIC_EVENTS = [
    EventKind.PUBLISHED,
    EventKind.WITHHELD,
    EventKind.WITHDRAWN,
    EventKind.DISPOSITION_PUBLISHED,
]


class ReceiptsView(PublicFormView):
    """Look a submission up by number and code. By POST, so that the code stands in no address."""

    form_class = LookUpForm
    template_name = "comments/receipts.html"

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            exceeded = self.count_attempt(form)
        except DatabaseError:
            # Without its counters the look-up would be open to guessing.
            return error_page(self.request, 503, "查询服务暂时不可用，请过几分钟再试。")
        if exceeded:
            response = error_page(self.request, 429, "查询过于频繁，请十分钟后再试。")
            response.headers["Retry-After"] = "600"
            return response
        submission = form.look_up()
        if not submission:
            return self.render(self.template_name, form=form, not_found=True)
        points = _points(submission)
        signature = _signature(submission, points)
        return self.render("comments/receipt_status.html", submission=submission, points=points, **signature)

    def count_attempt(self, form: LookUpForm) -> bool:
        """Whether this network or this number is looked up too often. All are counted, whatever the others say."""
        network = throttling.client_network(self.request)
        verdicts = [
            throttling.hit(throttling.LOOKUPS_PER_NETWORK, network),
            throttling.hit(throttling.LOOKUPS_PER_RECEIPT, f"{network} {form.throttle_key}"),
            throttling.hit(throttling.LOOKUPS_PER_RECEIPT_ANYWHERE, form.throttle_key),
        ]
        return any(verdicts)


def _signature(submission: Submission, points: list[Comment]) -> dict[str, Any]:
    """The full name stands here only once it is public: whoever finds a receipt must not learn it before."""
    consented = submission.public_signature != submission.signature
    published = any(point.status == CommentStatus.PUBLISHED for point in points)
    return {
        "signature": submission.public_signature if published else submission.signature,
        "full_name_promised": consented and not published,
    }


def _points(submission: Submission) -> list[Comment]:
    """The submission's points, each with ``outcomes`` and ``steps``: what is public of its disposition and record."""
    outcomes = Prefetch("dispositions", Disposition.objects.published(), to_attr="outcomes")
    steps = Prefetch("events", CommentEvent.objects.filter(kind__in=_PUBLIC_EVENTS), to_attr="steps")
    points = submission.comments.select_related("measure", "chapter").order_by("position")
    return list(points.prefetch_related(outcomes, steps))
