from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.request import UnreadablePostError
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import FormView

from hongya_portal.views import error_page


def _body_is_whole(request: HttpRequest) -> bool:
    """Read the body to its end: a connection that broke must not leave half an opinion behind as a whole one."""
    try:
        return len(request.body) == int(request.META.get("CONTENT_LENGTH") or 0)
    except UnreadablePostError:
        return False


class PublicFormView(FormView):
    """A form for somebody without an account: no session, no cookie, and so no CSRF token, which needs one.

    Nothing is lost by that. CSRF abuses the cookie of a person who is logged in, and here nobody is; what another
    site can make a browser send is what it could send by itself. Writing asks for a signed form token
    (``hongya_portal.form_tokens``) all the same, bound to the form's target: it tells the form's age and is the
    idempotency key, so a reload or a double click gives the same receipt. An opinion sent from another site is held
    for a person to look at (``comments.screening``).
    """

    template_name: str
    http_method_names = ["get", "head", "post", "options"]

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        # The mark is set here because a subclass that overrides ``dispatch`` would lose it there without a word.
        return csrf_exempt(super().as_view(**initkwargs))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and not _body_is_whole(request):
            return error_page(request, 400, "连接中断，内容没有收全，也没有保存。请返回上一页再提交一次。")
        return super().dispatch(request, *args, **kwargs)

    def form_invalid(self, form: Any, **context: Any) -> HttpResponse:
        """The form again, with everything typed and what to mend."""
        return self.render(self.template_name, status=422, form=form, **context)

    def render(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        return render(self.request, template, self.get_context_data(**context), status=status)
