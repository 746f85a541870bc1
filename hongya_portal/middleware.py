"""Middleware: the arrival stamp, cache headers, refusal of malformed requests, an answer when the database is out."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from hongya_portal import clock
from hongya_portal.views import error_page

GetResponse = Callable[[HttpRequest], HttpResponse]
logger = logging.getLogger(__name__)


def arrival(get_response: GetResponse) -> GetResponse:
    """Stamp ``request.arrived_at`` first of all: the deadline is judged by it, however busy the worker is."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.arrived_at = clock.now()  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def response_headers(get_response: GetResponse) -> GetResponse:
    """Nothing is kept by a cache unless its view says so."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response

    return middleware


def refuse_malformed(get_response: GetResponse) -> GetResponse:
    """400 for NUL or undecodable bytes in the address and for a body declared in any charset but UTF-8.

    Other charsets (``unicode_escape``, ``zlib_codec``, ``idna``) smuggle lone surrogates in or crash the decoder.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "\x00" in request.path or "%00" in query or "\x00" in query:
            return error_page(request, 400, "网址中有无法识别的字符。")
        # Django's own reading of the header: it is the one that chooses the decoder.
        if (request.content_params or {}).get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
            # The error page gives back what was typed: it must not read it with the very decoder that is refused.
            request.encoding = "utf-8"
            return error_page(request, 400, "本站只接受 UTF-8 编码的内容。")
        return get_response(request)

    return middleware


def answer_database_outage(get_response: GetResponse) -> GetResponse:
    """503 with what was typed when the database cannot be reached: no receipt, nothing half stored."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        logger.error("database out: %s", type(exception).__name__)
        response = error_page(
            request, 503, "系统暂时无法保存或读取数据，您的意见尚未提交。请复制保存所写内容，过几分钟再试。"
        )
        response.headers["Retry-After"] = "60"
        return response

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware
