from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

admin.site.site_header = "征求意见办理"
admin.site.site_title = "征求意见办理"
admin.site.index_title = "办理首页"
admin.site.site_url = None

# Programs that do not read the page's own link ask for it. The name without a hash outlives a release, as a permanent
# redirect has to.
favicon = RedirectView.as_view(
    url=f"{settings.STATIC_URL}icons/portal.svg", permanent=True, http_method_names=["get", "head"]
)

urlpatterns = [
    path("favicon.ico", favicon),
    path(settings.ADMIN_PATH, admin.site.urls),
    path("", include("plan.urls")),
    path("", include("comments.urls")),
]

handler400 = "hongya_portal.views.bad_request"
handler403 = "hongya_portal.views.permission_denied"
handler404 = "hongya_portal.views.page_not_found"
handler500 = "hongya_portal.views.server_error"
