"""Error pages. They touch neither the database nor a session, so that they can always be shown."""

import logging

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join

from hongya_portal.text import clean_text

logger = logging.getLogger(__name__)

TITLES = {
    400: "请求无法识别",
    403: "无法继续",
    404: "没有找到这个页面",
    405: "此页只能阅读",
    429: "操作过于频繁",
    500: "系统出错了",
    503: "系统暂时不可用",
}
# What a person may have typed, in the order in which it is given back to copy.
_TYPED_FIELDS = ("body", "suggested_text")


def _typed(request: HttpRequest) -> list[str]:
    if request.method != "POST":
        return []
    try:
        return [text for name in _TYPED_FIELDS if (text := clean_text(request.POST.get(name, "")))]
    except (
        UnreadablePostError,
        SuspiciousOperation,
        MultiPartParserError,
        BadRequest,
        LookupError,
        ValueError,
    ):
        return []


def error_page(request: HttpRequest, status: int, message: str) -> HttpResponse:
    """A page with the title for ``status``, ``message`` and, after a POST, the typed text to copy."""
    context = {"title": TITLES[status], "message": message, "typed": _typed(request), "status": status}
    return HttpResponse(render_to_string("error.html", context, request), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return error_page(
            request, 400, "提交的内容太长，超过了 1 MB。请返回上一页缩短后再提交，所写内容仍在原页面上。"
        )
    if isinstance(exception, TooManyFieldsSent):
        return error_page(request, 400, "提交的项目太多。请返回上一页减少后再提交。")
    return error_page(request, 400, "请求的内容不完整或格式不对。请返回上一页重试。")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 403, "您没有查看此页或进行此操作的权限。")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 404, "网址可能有误，或内容已经移动。请从首页重新查找。")


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort: where not even the error page can be drawn, a bare one with the same words."""
    message = "问题已经记录。您的内容可能没有提交，请复制保存后稍后再试。"
    try:
        return error_page(request, 500, message)
    except Exception:
        logger.exception("the error page failed")
    typed = format_html_join(
        "", '<textarea rows="8" cols="60" readonly>\n{}</textarea>', ((t,) for t in _typed(request))
    )
    page = '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{0}</title><h1>{0}</h1><p>{1}</p>{2}</html>'
    return HttpResponse(format_html(page, TITLES[500], message, typed), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(request, 403, "页面已经过期或浏览器禁用了 Cookie。请返回上一页，刷新后重新提交。")
