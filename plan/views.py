"""The public reading side: pages of the current consultation, the same for everybody."""

from typing import Any

from django.db.models import Count, Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.generic import TemplateView

from hongya_portal import clock
from hongya_portal.caching import PublishedPage
from hongya_portal.text import clean_text
from plan import presentation
from plan.models import Consultation, Measure, NoticeKind, ResponsibleUnit, UnitKind

MAX_QUERY_LENGTH = 100


class ConsultationPage(PublishedPage, TemplateView):
    """A page of the current consultation, or the one page that says that there is none."""

    consultation: Consultation | None

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.at = clock.now()
        self.consultation = Consultation.objects.current()

    def version(self) -> str:
        return presentation.consultation_version(self.consultation, self.at)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.consultation:
            return render(request, "plan/nothing.html")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        consultation = self.consultation
        if not consultation:
            raise Http404
        return super().get_context_data(
            consultation=consultation,
            plan=consultation.plan,
            state=consultation.state(self.at),
            is_open=consultation.is_open(self.at),
            status=presentation.status_words(consultation, self.at),
            **kwargs,
        )


def _neighbours(numbered: Any, number: int) -> dict[str, Any]:
    """The rows before and after ``number``; one query."""
    found = {row.number: row for row in numbered.filter(number__in=[number - 1, number + 1])}
    return {"previous": found.get(number - 1), "next": found.get(number + 1)}


class HomeView(ConsultationPage):
    template_name = "plan/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        consultation = context["consultation"]
        notice = consultation.notices.filter(kind=NoticeKind.CALL).first()
        return context | {
            "notice": notice,
            "paragraphs": notice.body.splitlines() if notice else [],
            "chapters": context["plan"].chapters.annotate(measure_count=Count("measures")),
            "shortening": presentation.shortening_words(consultation),
        }


class PlanView(ConsultationPage):
    template_name = "plan/plan.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"chapters": context["plan"].chapters.prefetch_related("measures")}


class ChapterView(ConsultationPage):
    template_name = "plan/chapter.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        chapters = context["plan"].chapters
        chapter = get_object_or_404(chapters.prefetch_related("measures"), number=kwargs["number"])
        return context | _neighbours(chapters, chapter.number) | {"chapter": chapter}


class MeasureView(ConsultationPage):
    template_name = "plan/measure.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        measures = context["plan"].measures
        measure = get_object_or_404(measures.select_related("chapter"), number=kwargs["number"])
        units = [responsibility.unit for responsibility in measure.responsibilities.select_related("unit")]
        return context | _neighbours(measures, measure.number) | {"measure": measure, "units": units}


class UnitListView(ConsultationPage):
    template_name = "plan/units.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        units = ResponsibleUnit.objects.filter(measures__plan=context["plan"]).annotate(
            measure_count=Count("measures")
        )
        return context | {
            "named": [unit for unit in units if unit.kind == UnitKind.NAMED],
            "groups": [unit for unit in units if unit.kind == UnitKind.GROUP],
        }


class UnitView(ConsultationPage):
    template_name = "plan/unit.html"

    def version(self) -> str:
        """The full name too: staff fill it in once it is confirmed."""
        names = ResponsibleUnit.objects.filter(label=self.kwargs["label"]).values_list("full_name", flat=True)
        return f"{super().version()} {list(names)}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        measures = Measure.objects.filter(plan=context["plan"]).select_related("chapter").order_by("number")
        units = ResponsibleUnit.objects.filter(measures__plan=context["plan"]).distinct()
        unit = get_object_or_404(
            units.prefetch_related(Prefetch("measures", measures, to_attr="listed")), label=kwargs["label"]
        )
        return context | {"unit": unit}


class SearchView(ConsultationPage):
    template_name = "plan/search.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        query = clean_text(self.request.GET.get("q", ""))
        too_long = len(query) > MAX_QUERY_LENGTH
        words = [] if too_long else query.split()
        found = context["plan"].measures.search(" ".join(words)).select_related("chapter")
        return context | {
            "query": query[:MAX_QUERY_LENGTH],
            "too_long": too_long,
            "max_length": MAX_QUERY_LENGTH,
            "searched": bool(words),
            "hits": [presentation.search_hit(measure, words) for measure in found],
        }
