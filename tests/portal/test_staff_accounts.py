import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(administrator, staff_client) -> Client:
    return staff_client(administrator)


def page(user: User) -> str:
    return f"/admin/auth/user/{user.pk}/change/"


def sent(user: User, **changed: object) -> dict[str, object]:
    data = {
        "username": user.username,
        "last_name": "",
        "first_name": "",
        "email": "",
        "is_active": "on",
        "is_staff": "on",
    }
    return data | {"groups": [group.pk for group in user.groups.all()]} | changed


def test_an_account_is_made_and_put_in_a_group(desk):
    data = {
        "username": "invented",
        "usable_password": "true",
        "password1": "long-and-invented",
        "password2": "long-and-invented",
    }
    assert desk.post("/admin/auth/user/add/", data).status_code == 302
    user = User.objects.get(username="invented")
    desk.post(page(user), sent(user, groups=[Group.objects.get(name="审核员").pk]))
    user = User.objects.get(username="invented")
    assert (user.is_staff, user.is_superuser, user.groups.get().name) == (True, False, "审核员")
    assert user.has_perm("comments.moderate_comment")


def test_nobody_is_made_a_superuser_or_given_a_single_permission(desk, moderator):
    desk.post(page(moderator), sent(moderator, is_superuser="on", user_permissions=["1", "2"]))
    moderator.refresh_from_db()
    assert moderator.is_superuser is False
    assert not moderator.user_permissions.exists()


def test_a_superuser_is_out_of_reach(desk):
    root = User.objects.create_superuser("root", password="invented-password")
    assert desk.post(page(root), sent(root, is_active="")).status_code == 403
    response = desk.post(
        f"/admin/auth/user/{root.pk}/password/", {"password1": "taken-over-12", "password2": "taken-over-12"}
    )
    assert response.status_code == 403
    root.refresh_from_db()
    assert root.is_active
    assert root.check_password("invented-password")


def test_an_account_is_switched_off_and_never_deleted(desk, moderator, administrator):
    assert desk.post(f"/admin/auth/user/{moderator.pk}/delete/", {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "index": "0", "_selected_action": [moderator.pk], "post": "yes"}
    desk.post("/admin/auth/user/", action)
    assert User.objects.filter(pk=moderator.pk).exists()
    desk.post(page(moderator), sent(moderator, is_active=""))
    assert User.objects.get(pk=moderator.pk).is_active is False


def test_an_account_that_was_switched_off_is_out_at_once(staff_client, moderator):
    client = staff_client(moderator)
    assert client.get("/admin/").status_code == 200
    User.objects.filter(pk=moderator.pk).update(is_active=False)
    assert client.get("/admin/").status_code == 302


def test_names_stand_in_chinese_order(desk, administrator):
    administrator.last_name, administrator.first_name = "张", "虚构"
    administrator.save()
    assert "<strong>张虚构</strong>" in desk.get("/admin/").content.decode()


def test_groups_have_no_page(desk):
    assert desk.get("/admin/auth/group/").status_code == 404


def test_every_page_of_the_desk_says_that_it_is_a_demonstration(client, desk, settings):
    for response in (client.get("/admin/login/"), desk.get("/admin/"), desk.get("/admin/auth/user/")):
        assert "本系统为演示" in response.content.decode()
    settings.DEMONSTRATION = False
    assert not re.search("演示", desk.get("/admin/").content.decode())
