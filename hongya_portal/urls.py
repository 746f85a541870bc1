from django.conf import settings
from django.contrib import admin
from django.urls import include, path

admin.site.site_header = "征求意见办理"
admin.site.site_title = "征求意见办理"
admin.site.index_title = "办理首页"
admin.site.site_url = None

urlpatterns = [
    path(settings.ADMIN_PATH, admin.site.urls),
    path("", include("plan.urls")),
    path("", include("comments.urls")),
]

handler400 = "hongya_portal.views.bad_request"
handler403 = "hongya_portal.views.permission_denied"
handler404 = "hongya_portal.views.page_not_found"
handler500 = "hongya_portal.views.server_error"
