"""Who may do what: one row for every address and method of the portal and for every action of a list.

A new address or action without a row fails. Columns: a visitor without an account, then staff: one in no group,
审核员, 起草人, 审签人, 管理员. ``L`` leads to the log-in page, ``R`` anywhere else, a number is the answer's status.
"""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from comments.models import Comment, CommentEvent, Disposition, Report, Submission
from comments.services.deciding import approve, propose
from comments.services.receiving import Identity, Point, submit
from comments.services.reporting import request_report, run_report
from plan.models import Chapter, Consultation, Measure, Notice, Plan, ResponsibleUnit

pytestmark = pytest.mark.django_db

ROLES = ("visitor", "stranger", "moderator", "drafter", "approver", "administrator")
TABLE = """
GET    admin/                                               L   200 200 200 200 200
GET    admin/login/                                         200 R   R   R   R   R
GET    admin/logout/                                        R   405 405 405 405 405
GET    admin/password_change/                               L   200 200 200 200 200
GET    admin/password_change/done/                          L   200 200 200 200 200
GET    admin/autocomplete/                                  L   403 403 403 403 403
GET    admin/jsi18n/                                        L   200 200 200 200 200
GET    admin/r/<path:content_type_id>/<path:object_id>/     L   R   R   R   R   R
GET    admin/auth/user/<id>/password/                       L   403 403 403 403 200
GET    admin/auth/user/                                     L   403 403 403 403 200
GET    admin/auth/user/add/                                 L   403 403 403 403 200
GET    admin/auth/user/<path:object_id>/history/            L   403 403 403 403 200
GET    admin/auth/user/<path:object_id>/delete/             L   403 403 403 403 403
GET    admin/auth/user/<path:object_id>/change/             L   403 403 403 403 200
GET    admin/auth/user/<path:object_id>/                    L   R   R   R   R   R
GET    admin/plan/plan/                                     L   403 200 200 200 200
GET    admin/plan/plan/<path:object_id>/change/             L   403 200 200 200 200
GET    admin/plan/chapter/                                  L   403 200 200 200 200
GET    admin/plan/chapter/<path:object_id>/change/          L   403 200 200 200 200
GET    admin/plan/measure/                                  L   403 200 200 200 200
GET    admin/plan/measure/<path:object_id>/change/          L   403 200 200 200 200
GET    admin/plan/responsibleunit/                          L   403 200 200 200 200
GET    admin/plan/responsibleunit/<path:object_id>/history/ L   403 200 200 200 200
GET    admin/plan/responsibleunit/<path:object_id>/change/  L   403 200 200 200 200
GET    admin/plan/notice/                                   L   403 200 200 200 200
GET    admin/plan/notice/<path:object_id>/change/           L   403 200 200 200 200
GET    admin/comments/comment/<int:pk>/publish/             L   403 R   403 403 403
GET    admin/comments/comment/<int:pk>/withhold/            L   403 R   403 403 403
GET    admin/comments/comment/<int:pk>/propose/             L   403 403 R   403 403
GET    admin/comments/comment/<int:pk>/approve/             L   403 403 403 R   403
GET    admin/comments/comment/<int:pk>/publish-disposition/ L   403 403 403 R   403
GET    admin/comments/comment/<int:pk>/reveal/              L   403 R   403 403 R
GET    admin/comments/comment/                              L   403 200 200 200 200
GET    admin/comments/comment/<path:object_id>/change/      L   403 200 200 200 200
GET    admin/plan/consultation/<int:pk>/publish-results/    L   403 403 403 R   403
GET    admin/plan/consultation/                             L   403 200 200 200 200
GET    admin/plan/consultation/<path:object_id>/change/     L   403 200 200 200 200
GET    admin/comments/disposition/                          L   403 200 200 200 200
GET    admin/comments/commentevent/                         L   403 200 200 200 200
GET    admin/comments/consultationevent/                    L   403 200 200 200 200
GET    admin/comments/report/request/                       L   403 200 200 403 200
GET    admin/comments/report/<int:pk>/progress/             L   403 200 200 200 200
GET    admin/comments/report/<int:pk>/download/             L   403 R   R   R   R
GET    admin/comments/report/<int:pk>/retry/                L   403 R   R   403 R
GET    admin/comments/report/                               L   403 200 200 200 200
GET    admin/comments/report/<path:object_id>/change/       L   403 200 200 200 200
GET    admin/comments/submission/                           L   403 200 200 200 200
GET    admin/comments/submission/<path:object_id>/change/   L   403 200 200 200 200
GET    admin/^(?P<app_label>auth|plan|comments)/$           L   404 200 200 200 200
GET    admin/(?P<url>.*)$                                   L   404 404 404 404 404
GET    favicon.ico                                          301 301 301 301 301 301
GET    (front)                                              200 200 200 200 200 200
GET    plan/                                                200 200 200 200 200 200
GET    chapters/<int:number>/                               200 200 200 200 200 200
GET    measures/<int:number>/                               200 200 200 200 200 200
GET    units/                                               200 200 200 200 200 200
GET    units/<str:label>/                                   200 200 200 200 200 200
GET    search/                                              200 200 200 200 200 200
GET    comment/                                             200 200 200 200 200 200
GET    chapters/<int:number>/comment/                       200 200 200 200 200 200
GET    measures/<int:number>/comment/                       200 200 200 200 200 200
GET    receipts/                                            200 200 200 200 200 200
GET    privacy/                                             200 200 200 200 200 200
POST   admin/                                               L   200 200 200 200 200
POST   admin/login/                                         200 200 200 200 200 200
POST   admin/logout/                                        R   200 200 200 200 200
POST   admin/password_change/                               L   200 200 200 200 200
POST   admin/password_change/done/                          L   405 405 405 405 405
POST   admin/autocomplete/                                  L   405 405 405 405 405
POST   admin/jsi18n/                                        L   405 405 405 405 405
POST   admin/r/<path:content_type_id>/<path:object_id>/     L   R   R   R   R   R
POST   admin/auth/user/<id>/password/                       L   403 403 403 403 200
POST   admin/auth/user/                                     L   403 403 403 403 200
POST   admin/auth/user/add/                                 L   403 403 403 403 200
POST   admin/auth/user/<path:object_id>/history/            L   403 403 403 403 200
POST   admin/auth/user/<path:object_id>/delete/             L   403 403 403 403 403
POST   admin/auth/user/<path:object_id>/change/             L   403 403 403 403 200
POST   admin/auth/user/<path:object_id>/                    L   R   R   R   R   R
POST   admin/plan/plan/                                     L   403 403 403 403 403
POST   admin/plan/plan/<path:object_id>/change/             L   403 403 403 403 403
POST   admin/plan/chapter/                                  L   403 403 403 403 403
POST   admin/plan/chapter/<path:object_id>/change/          L   403 403 403 403 403
POST   admin/plan/measure/                                  L   403 403 403 403 403
POST   admin/plan/measure/<path:object_id>/change/          L   403 403 403 403 403
POST   admin/plan/responsibleunit/                          L   403 403 403 403 403
POST   admin/plan/responsibleunit/<path:object_id>/history/ L   403 200 200 200 200
POST   admin/plan/responsibleunit/<path:object_id>/change/  L   403 403 403 403 R
POST   admin/plan/notice/                                   L   403 403 403 403 403
POST   admin/plan/notice/<path:object_id>/change/           L   403 403 403 403 403
POST   admin/comments/comment/<int:pk>/publish/             L   403 R   403 403 403
POST   admin/comments/comment/<int:pk>/withhold/            L   403 R   403 403 403
POST   admin/comments/comment/<int:pk>/propose/             L   403 403 R   403 403
POST   admin/comments/comment/<int:pk>/approve/             L   403 403 403 R   403
POST   admin/comments/comment/<int:pk>/publish-disposition/ L   403 403 403 R   403
POST   admin/comments/comment/<int:pk>/reveal/              L   403 200 403 403 200
POST   admin/comments/comment/                              L   403 200 403 403 403
POST   admin/comments/comment/<path:object_id>/change/      L   405 405 405 405 405
POST   admin/plan/consultation/<int:pk>/publish-results/    L   403 403 403 R   403
POST   admin/plan/consultation/                             L   403 403 403 403 403
POST   admin/plan/consultation/<path:object_id>/change/     L   403 403 403 403 422
POST   admin/comments/disposition/                          L   403 403 403 200 403
POST   admin/comments/commentevent/                         L   403 403 403 403 403
POST   admin/comments/consultationevent/                    L   403 403 403 403 403
POST   admin/comments/report/request/                       L   403 R   R   403 R
POST   admin/comments/report/<int:pk>/progress/             L   405 405 405 405 405
POST   admin/comments/report/<int:pk>/download/             L   403 200 200 200 200
POST   admin/comments/report/<int:pk>/retry/                L   403 R   R   403 R
POST   admin/comments/report/                               L   403 403 403 403 403
POST   admin/comments/report/<path:object_id>/change/       L   405 405 405 405 405
POST   admin/comments/submission/                           L   403 403 403 403 403
POST   admin/comments/submission/<path:object_id>/change/   L   405 405 405 405 405
POST   admin/^(?P<app_label>auth|plan|comments)/$           L   404 200 200 200 200
POST   admin/(?P<url>.*)$                                   L   404 404 404 404 404
POST   favicon.ico                                          405 405 405 405 405 405
POST   (front)                                              405 405 405 405 405 405
POST   plan/                                                405 405 405 405 405 405
POST   chapters/<int:number>/                               405 405 405 405 405 405
POST   measures/<int:number>/                               405 405 405 405 405 405
POST   units/                                               405 405 405 405 405 405
POST   units/<str:label>/                                   405 405 405 405 405 405
POST   search/                                              405 405 405 405 405 405
POST   comment/                                             422 422 422 422 422 422
POST   chapters/<int:number>/comment/                       422 422 422 422 422 422
POST   measures/<int:number>/comment/                       422 422 422 422 422 422
POST   receipts/                                            422 422 422 422 422 422
POST   privacy/                                             405 405 405 405 405 405
ACTION admin/comments/comment/#publish_selected             L   403 200 403 403 403
ACTION admin/comments/comment/#withhold_selected            L   403 200 403 403 403
ACTION admin/comments/disposition/#approve_selected         L   403 403 403 200 403
ACTION admin/comments/disposition/#publish_selected         L   403 403 403 200 403
"""

# What a person fills in, so that what stops them is their role and not an empty form.
SENT: dict[str, dict[str, Any]] = {
    "comment/<int:pk>/publish/": {"seen_status": "pending", "published_body": "（测试）意见"},
    "comment/<int:pk>/withhold/": {"seen_status": "pending", "reason": "insult"},
    "comment/<int:pk>/propose/": {"outcome": "adopted"},
    "report/request/": {"paper": "digest", "first_day": "2022-08-05", "last_day": "2022-08-05"},
}
PRIVATE = "admin/"


def rows() -> dict[tuple[str, str], list[str]]:
    table = {}
    for line in TABLE.strip().splitlines():
        method, route, *outcomes = line.split()
        assert len(outcomes) == len(ROLES), line
        assert (method, route) not in table, line
        table[method, route] = outcomes
    return table


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield route or "(front)"
        else:
            yield from routes(entry, route)


def actions() -> Iterator[str]:
    """Every action that any list could offer to somebody who may do everything."""
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    for model, model_admin in admin.site._registry.items():
        for name in model_admin.get_actions(request):
            yield f"{PRIVATE}{model._meta.app_label}/{model._meta.model_name}/#{name}"


@pytest.fixture
def cast(consultation, during, drafter, approver, moderator, administrator, stranger) -> dict[str, Any]:
    """A pending comment with an approved answer, a second one with a proposed answer, and a finished paper."""
    comments = [
        submit(
            consultation=consultation,
            points=[Point(body="（测试）意见", measure=consultation.plan.measures.get(number=13))],
            identity=Identity(name="王虚构"),
            nonce=f"invented-{index}",
            arrived_at=consultation.opens_at,
        ).submission.comments.get()
        for index in range(2)
    ]
    approved, proposed = (
        propose(comment, outcome="adopted", explanation="", actor=drafter) for comment in comments
    )
    approve(approved, actor=approver)
    report = request_report(
        consultation=consultation, kind="feedback_report", format="csv", parameters={}, actor=moderator
    )
    run_report(report.pk)
    return {"comments": comments, "approved": approved, "proposed": proposed, "report": report}


@pytest.fixture
def clients(cast, staff_client) -> dict[str, Client]:
    users = {user.username: user for user in User.objects.all()}
    return {role: Client() if role == "visitor" else staff_client(users[role]) for role in ROLES}


def address(route: str, cast: dict[str, Any]) -> str:
    """The address of a row that exists."""
    models = {
        "comment": Comment, "submission": Submission, "report": Report, "disposition": Disposition,
        "commentevent": CommentEvent, "plan": Plan, "chapter": Chapter, "measure": Measure, "notice": Notice,
        "responsibleunit": ResponsibleUnit, "user": User, "consultation": Consultation,
    }  # fmt: skip
    route = route.split("#")[0].replace("(front)", "")
    model = route.split("/")[2] if route.startswith(PRIVATE) and route.count("/") > 2 else ""
    if "content_type" in route:
        model = "measure"
    key = str(models[model].objects.order_by("pk").first().pk) if model in models else "1"
    if "approve" in route:
        key = str(cast["proposed"].comment_id)
    measure = ContentType.objects.get_for_model(Measure).pk
    values = {
        "<path:content_type_id>": str(measure), "<path:object_id>": key, "<int:pk>": key, "<id>": key,
        "<int:number>": "1", "<str:label>": "县司法局", "^(?P<app_label>auth|plan|comments)/$": "comments/",
        "(?P<url>.*)$": "nowhere/",
    }  # fmt: skip
    for placeholder, value in values.items():
        route = route.replace(placeholder, value)
    return f"/{route}"


def sent(method: str, route: str, cast: dict[str, Any]) -> dict[str, Any]:
    if method == "ACTION":
        rows = [cast["proposed"].pk] if "disposition" in route else [cast["comments"][1].pk]
        return {"action": route.split("#")[1], "index": "0", "_selected_action": rows}
    for ending, data in SENT.items():
        if route.endswith(ending):
            return {**data, "seen_in_work": cast["approved"].pk}
    if "disposition" in route or "approve" in route:
        return {"disposition": cast["proposed"].pk if "approve" in route else cast["approved"].pk}
    return {}


def outcome(client: Client, method: str, route: str, cast: dict[str, Any]) -> str:
    """One request whose effects are undone, in the database and in the cookies."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        send = client.get if method == "GET" else client.post
        response = send(address(route, cast), sent(method, route, cast) if method != "GET" else None)
        if response.streaming:
            list(response.streaming_content)
        transaction.set_rollback(True)
    client.cookies = cookies
    if response.status_code == 302:
        return "L" if response.url.startswith("/admin/login/") else "R"
    return str(response.status_code)


def test_every_address_and_action_has_its_row():
    wanted = {(method, route) for route in routes(get_resolver()) for method in ("GET", "POST")}
    wanted |= {("ACTION", action) for action in actions()}
    assert wanted == set(rows())


def test_everybody_may_do_what_the_table_says_and_nothing_else(clients, cast):
    expected = rows()
    found = {
        (method, route): [outcome(clients[role], method, route, cast) for role in ROLES]
        for method, route in expected
    }
    assert found == expected


def test_an_action_by_one_who_may_not_changes_nothing(clients, cast):
    for method, route in rows():
        if method != "ACTION":
            continue
        for role in ("stranger", "drafter", "administrator"):
            clients[role].post(address(route, cast), sent(method, route, cast))
    cast["proposed"].refresh_from_db()
    assert cast["proposed"].status == "proposed"
    assert set(Comment.objects.values_list("status", flat=True)) == {"pending"}
