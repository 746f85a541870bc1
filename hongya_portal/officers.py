"""The people who work at the desk: who asks, and how they are named."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def officer(request: HttpRequest) -> User:
    """The member of staff who is logged in; raises PermissionDenied for anybody else."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def officer_name(user: AbstractBaseUser) -> str:
    """姓名 in Chinese order, else the account's name: ``get_full_name`` puts the given name first."""
    return f"{getattr(user, 'last_name', '')}{getattr(user, 'first_name', '')}" or user.get_username()
