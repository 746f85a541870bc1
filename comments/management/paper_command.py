"""What the commands that write papers have in common: every fault is told in Chinese."""

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from comments.reports.feedback_xlsx import XlsxError
from comments.reports.parameters import clean_parameters
from comments.reports.writing import Written, write_report
from hongya_portal.pdf import PdfError
from plan.models import Consultation

_FAULTS = {
    errno.ENOENT: "目录不存在",
    errno.ENOTDIR: "路径中有一段不是目录",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "文件系统只读",
    errno.ENOSPC: "磁盘空间不足",
    errno.EFBIG: "文件超过大小上限",
    errno.ENAMETOOLONG: "文件名太长",
}


def current_consultation() -> Consultation:
    consultation = Consultation.objects.current()
    if consultation is None:
        raise CommandError("还没有征求意见，请先运行 load_plan。")
    return consultation


def write_paper(
    consultation: Consultation,
    *,
    kind: str,
    report_format: str,
    parameters: Mapping[str, Any],
    destination: Path,
) -> Written:
    """Raises CommandError."""
    if destination.is_dir():
        raise CommandError(f"{destination} 是一个目录，请写明文件名。")
    try:
        cleaned = clean_parameters(consultation, kind, report_format, parameters)
        return write_report(
            consultation,
            kind=kind,
            report_format=report_format,
            parameters=cleaned,
            destination=destination,
        )
    except ValidationError as error:
        raise CommandError("；".join(error.messages)) from error
    except (PdfError, XlsxError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        fault = _FAULTS.get(error.errno or 0, error.strerror or type(error).__name__)
        raise CommandError(f"不能写入 {destination}：{fault}。") from error
