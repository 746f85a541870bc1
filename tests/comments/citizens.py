"""A citizen's browser, as far as the tests need one."""

import html
import re

from django.test import Client

from comments.models import Comment, Submission, Submitter

BODY = "（测试）建议写明公开的时限。"
FILLED = {"body": BODY, "kind": "opinion", "consent": "on"}
PAGES = ["/comment/", "/chapters/1/comment/", "/measures/13/comment/"]


def text_of(response) -> str:
    return html.unescape(response.content.decode())


def token_in(response) -> str:
    return re.search(r'name="form_token" value="([^"]+)"', response.content.decode()).group(1)


def send(citizen: Client, page: str = "/measures/13/comment/", **changes):
    token = changes.pop("form_token", None) or token_in(citizen.get(page))
    return citizen.post(page, {**FILLED, "form_token": token, **changes})


def receipt_of(response) -> tuple[str, str]:
    number, code = re.findall(
        r'<dd class="(?:receipt-number|lookup-code)">\s*([^<]+?)\s*</dd>', text_of(response)
    )
    return number, code


def nothing_stored() -> bool:
    return not (Submission.objects.exists() or Comment.objects.exists() or Submitter.objects.exists())
