"""System checks: what must never serve the public.

In production each finding is an error, ``portal.Ennn``, and ``refuse_unsafe_start`` stops the process; in a
demonstration it is a warning, ``portal.Wnnn``, with the same number.
"""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from hongya_portal import fonts
from hongya_portal.crypto import key_ring

TAG = "portal"
# Django's own security.W009 asks for the same length and variety.
SECRET_KEY_LENGTH = 50
SECRET_KEY_VARIETY = 5
DATA_KEY_LENGTH = 32
# ``PRAGMA synchronous``: 0 OFF, 1 NORMAL, 2 FULL, 3 EXTRA. NORMAL loses the last commits of a WAL at power loss.
SQLITE_SYNCHRONOUS_FULL = 2
POSTGRESQL_DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")

logger = logging.getLogger(__name__)


class UnsafeStart(ImproperlyConfigured):
    """The configuration must not serve the public; the message lists the reasons, one a line."""


def _finding(number: int, message: str, hint: str) -> CheckMessage:
    if settings.PRODUCTION:
        return checks.Error(message, hint=hint, id=f"portal.E{number:03}")
    return checks.Warning(message, hint=hint, id=f"portal.W{number:03}")


def _is_weak(key: str) -> bool:
    default = key == settings.INSECURE_SECRET_KEY
    return default or len(key) < SECRET_KEY_LENGTH or len(set(key)) < SECRET_KEY_VARIETY


@register(TAG)
def check_secret_key(**kwargs: object) -> list[CheckMessage]:
    if not _is_weak(settings.SECRET_KEY):
        return []
    return [
        _finding(
            1,
            "SECRET_KEY 是默认值或太短，任何人都可能伪造登录和表单。",
            f"设为至少 {SECRET_KEY_LENGTH} 个随机字符，并妥善保管。",
        )
    ]


def _is_unsafe_data_key(secret: str) -> bool:
    shared = {settings.SECRET_KEY, settings.INSECURE_SECRET_KEY, *settings.SECRET_KEY_FALLBACKS}
    return secret in shared or len(secret) < DATA_KEY_LENGTH


@register(TAG)
def check_data_keys(**kwargs: object) -> list[CheckMessage]:
    """A demonstration takes its data key from SECRET_KEY on purpose; a malformed list is wrong everywhere."""
    hint = f"写成“编号:密钥”，多个用逗号分隔，首个用于新数据；密钥至少 {DATA_KEY_LENGTH} 个随机字符。"
    try:
        secrets = list(key_ring().values())
    except ImproperlyConfigured:
        secrets = []
    if not secrets:
        return [_finding(2, "PORTAL_DATA_KEYS 为空或格式不对。", hint)]
    if settings.DEMONSTRATION or not any(map(_is_unsafe_data_key, secrets)):
        return []
    message = "PORTAL_DATA_KEYS 没有设置、与 SECRET_KEY 相同或太短，联系方式和查询码得不到保护。"
    return [_finding(2, message, hint)]


@register(TAG)
def check_debug(**kwargs: object) -> list[CheckMessage]:
    if not settings.DEBUG:
        return []
    return [_finding(3, "DEBUG 已打开，出错时会向访问者显示程序内部信息。", "去掉 DEBUG 或设为 false。")]


@register(TAG)
def check_clock(**kwargs: object) -> list[CheckMessage]:
    """A shifted clock is what a demonstration is; in production it would move the deadline."""
    if settings.DEMONSTRATION or not settings.CLOCK_START:
        return []
    return [
        _finding(
            4, "PORTAL_CLOCK 已设置，征求意见的起止会按虚构的时间判断。", "正式运行时不得设置 PORTAL_CLOCK。"
        )
    ]


@register(TAG)
def check_hosts(**kwargs: object) -> list[CheckMessage]:
    if settings.ALLOWED_HOSTS and "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        _finding(
            5, "PORTAL_HOSTS 为空或为“*”，网站会接受任意域名的请求。", "列出网站的域名，多个用逗号分隔。"
        )
    ]


@register(TAG)
def check_chinese_font(**kwargs: object) -> list[CheckMessage]:
    if fonts.has_chinese():
        return []
    return [
        _finding(
            6,
            "没有找到中文字体，生成的 PDF 会是一片空格子，而且不会报错。",
            "安装 fonts-noto-cjk 和 fonts-arphic-ukai（以及 fontconfig）。",
        )
    ]


def _sqlite_faults(connection: BaseDatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
        journal_mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
    faults = [] if synchronous >= SQLITE_SYNCHRONOUS_FULL else [f"synchronous={synchronous}"]
    return [*faults, f"journal_mode={journal_mode}"] if journal_mode in ("off", "memory") else faults


def _postgresql_faults(connection: BaseDatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s) AND setting = 'off' ORDER BY name",
            [list(POSTGRESQL_DURABILITY)],
        )
        return [f"{name}={setting}" for name, setting in cursor.fetchall()]


def durability_faults(connection: BaseDatabaseWrapper) -> list[str]:
    """The settings, as ``name=value``, with which a committed row may be lost in a power cut."""
    faults = {"sqlite": _sqlite_faults, "postgresql": _postgresql_faults}
    return faults[connection.vendor](connection)


@register(TAG, Tags.database)
def check_durability(databases: Sequence[str] | None = None, **kwargs: object) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for alias in databases or ():
        try:
            faults = durability_faults(connections[alias])
        except OperationalError:
            # The pages answer an outage themselves; a start during one must not take them away.
            messages.append(checks.Warning("数据库连接不上，未能检查落盘设置。", id="portal.W008"))
            continue
        if faults:
            message = f"数据库没有保证落盘（{'，'.join(faults)}），已出具回执的意见可能在断电后丢失。"
            messages.append(_finding(7, message, "恢复数据库的默认落盘设置。"))
    return messages


def _line(message: CheckMessage) -> str:
    return f"{message.id} {message.msg}{message.hint or ''}"


def refuse_unsafe_start() -> None:
    """Log every warning, then raise UnsafeStart if any finding is an error. Opens a database connection."""
    messages = sorted(checks.run_checks(tags=[TAG], databases=["default"]), key=_line)
    for message in messages:
        if not message.is_serious():
            logger.warning("%s", _line(message))
    refused = [_line(message) for message in messages if message.is_serious()]
    if refused:
        raise UnsafeStart("\n".join(refused))
