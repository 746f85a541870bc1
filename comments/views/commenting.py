from typing import Any

from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404

from comments.forms import CommentForm
from comments.screening import hold_reasons
from comments.services.errors import AlreadyReceived, NotOpen
from comments.views.public_form import PublicFormView
from hongya_portal import form_tokens
from hongya_portal.form_tokens import BadToken, FormToken, StaleToken
from plan.models import Chapter, Consultation, ConsultationState, Measure
from plan.presentation import closing_words


class CommentView(PublicFormView):
    """An opinion on the whole plan; the subclasses take one on a chapter or on a measure.

    The receipt is the answer to the POST itself and not a page to be sent on to: so the look-up code stands in no
    address, no history and no log, and a reload, which sends the same form again, shows the same receipt.
    """

    form_class = CommentForm
    template_name = "comments/comment_form.html"
    measure: Measure | None = None
    chapter: Chapter | None = None
    consultation: Consultation

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        consultation = Consultation.objects.current()
        if not consultation:
            raise Http404
        self.consultation = consultation
        self.find_target(**kwargs)
        return super().dispatch(request, *args, **kwargs)

    def find_target(self, **kwargs: Any) -> None:
        """Set ``measure`` or ``chapter``. Raises Http404."""

    @property
    def token_target(self) -> str:
        target = self.measure or self.chapter
        kind, number = (target._meta.model_name, target.number) if target else ("plan", 0)
        return f"comment/{self.consultation.pk}/{kind}/{number}"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.consultation.is_open(request.arrived_at):  # type: ignore[attr-defined]
            return self.not_open(status=200)
        return self.render(self.template_name)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        try:
            token = form_tokens.read(request.POST.get("form_token", ""), self.token_target)
        except (StaleToken, BadToken):
            return self.mend(form, stale=True, form_token=form_tokens.issue(self.token_target))
        return self.hand_in(form, token) if form.is_valid() else self.mend(form)

    def mend(self, form: CommentForm, **context: Any) -> HttpResponse:
        """The form again; but nobody is asked to mend what cannot be taken any more."""
        if not self.consultation.is_open(self.request.arrived_at):  # type: ignore[attr-defined]
            return self.not_open(status=403)
        return self.form_invalid(form, **context)

    def hand_in(self, form: CommentForm, token: FormToken) -> HttpResponse:
        try:
            receipt = form.save(
                consultation=self.consultation,
                nonce=token.nonce,
                arrived_at=self.request.arrived_at,  # type: ignore[attr-defined]
                hold_reasons=hold_reasons(self.request, token, form.cleaned_data["homepage"]),
            )
        except NotOpen:
            return self.not_open(status=403)
        except AlreadyReceived as error:
            if not self.consultation.is_open(self.request.arrived_at):  # type: ignore[attr-defined]
                return self.not_open(status=403)
            form.offer_as_new()
            return self.render(
                self.template_name,
                status=409,
                form=form,
                earlier=error.submission,
                form_token=form_tokens.issue(self.token_target),
            )
        # Read from the form and not from the database: the same content is what makes a repeated form the same.
        return self.render("comments/receipt.html", form=form, receipt=receipt, points=[form.point])

    def not_open(self, *, status: int) -> HttpResponse:
        state = self.consultation.state(self.request.arrived_at)  # type: ignore[attr-defined]
        return self.render(
            "comments/not_open.html",
            status=status,
            upcoming=state == ConsultationState.UPCOMING,
            results_published=state == ConsultationState.RESULTS_PUBLISHED,
            typed=_typed(self.request.POST),
        )

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"measure": self.measure, "chapter": self.chapter}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        token = self.request.POST.get("form_token") or form_tokens.issue(self.token_target)
        defaults = {
            "consultation": self.consultation,
            "plan": self.consultation.plan,
            "measure": self.measure,
            "chapter": self.chapter,
            "closing": closing_words(self.consultation),
            "form_token": token,
        }
        return super().get_context_data(**defaults | kwargs)


class ChapterCommentView(CommentView):
    def find_target(self, **kwargs: Any) -> None:
        self.chapter = get_object_or_404(self.consultation.plan.chapters, number=kwargs["number"])


class MeasureCommentView(CommentView):
    def find_target(self, **kwargs: Any) -> None:
        measures = self.consultation.plan.measures.select_related("chapter")
        self.measure = get_object_or_404(measures, number=kwargs["number"])


def _typed(posted: QueryDict) -> list[tuple[str, str, str]]:
    """``(name, label, text)`` of what a person would not want to write again."""
    labels = [("body", "意见内容"), ("suggested_text", "修改建议")]
    return [(name, label, str(posted[name])) for name, label in labels if posted.get(name)]
