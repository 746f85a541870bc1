from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.views.generic import TemplateView

from hongya_portal import clock
from hongya_portal.caching import PublishedPage
from plan.models import Consultation
from plan.presentation import consultation_version


class PrivacyView(PublishedPage, TemplateView):
    """What is done with personal data, told from the settings that rule it (PIPL article 17)."""

    template_name = "comments/privacy.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.consultation = Consultation.objects.current()

    def version(self) -> str:
        return f"{consultation_version(self.consultation, clock.now())} {settings.CONTACT_RETENTION_MONTHS}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            consultation=self.consultation, retention_months=settings.CONTACT_RETENTION_MONTHS, **kwargs
        )
