"""Published pages: the same for everybody, so any cache may keep them, and told apart by an ETag."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from hongya_portal.views import error_page

# A browser asks again each time, which the ETag makes cheap, so that a publication is seen at once; a cache that
# many share may answer by itself for half a minute.
CACHE_CONTROL = "public, max-age=0, s-maxage=30, must-revalidate"
_PARTS = ("hongya_portal", "plan", "comments", "templates", "static")
_KINDS = {".py", ".html", ".css", ".js", ".svg"}


@lru_cache(maxsize=1)
def build() -> str:
    """Digest of the running code, templates and styles: a new release is a new version of every page."""
    digest = hashlib.sha256(repr((settings.SITE_IDENTITY, settings.DEMONSTRATION)).encode())
    for part in _PARTS:
        for path in sorted((Path(settings.BASE_DIR) / part).rglob("*")):
            if path.suffix in _KINDS:
                digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def etag(request: HttpRequest, version: str) -> str:
    """The strong entity tag, quoted, of the page at this address (path and query) in ``version``."""
    parts = "\n".join([build(), request.get_full_path(), version])
    return f'"{hashlib.sha256(parts.encode()).hexdigest()[:32]}"'


@method_decorator(csrf_exempt, name="dispatch")
class PublishedPage(View):
    """A page that is only read. It sets no cookie, asks for no token and answers ``If-None-Match`` unrendered.

    Exempt from the CSRF check because it accepts no writing method: a POST is told so with 405.
    """

    def version(self) -> str:
        """What the page's content depends on besides its address. The same string, the same page."""
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return self._not_allowed(request)
        # Without a session no cookie can be set or renewed, whatever the request brought along.
        if hasattr(request, "session"):
            del request.session
        tag = etag(request, self.version())
        response = get_conditional_response(request, etag=tag) or super().dispatch(request, *args, **kwargs)
        response.headers["ETag"] = tag
        response.headers["Cache-Control"] = CACHE_CONTROL
        return response

    @staticmethod
    def _not_allowed(request: HttpRequest) -> HttpResponse:
        response = error_page(request, 405, "此页只供阅读，不接收提交的内容。请从首页重新进入要办理的页面。")
        response.headers["Allow"] = "GET, HEAD"
        return response
