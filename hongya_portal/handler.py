"""The WSGI handler: Django's own, but for the charset that a request declares."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters


class Utf8Request(WSGIRequest):
    """A request that is read as UTF-8, whatever it says of itself.

    Django decodes even the address by the declared charset, while the request is being made and before any
    middleware can answer: ``zlib_codec`` is a bare 500 there. The middleware refuses what is not UTF-8.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


class Utf8Handler(WSGIHandler):
    request_class = Utf8Request
