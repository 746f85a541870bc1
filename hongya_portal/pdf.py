"""The boundary to WeasyPrint: it runs outside this process, confined, and can reach no address.

A document may be given in parts, each rendered by itself, so that memory does not grow with its length. Page
numbers and sides run through; a document in more than one part is not tagged.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hongya_portal import fonts, pdf_process
from hongya_portal.files import atomic_file, sha256_of

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 480.0
MEMORY_BYTES = 2 * 2**30
_OUT_OF_MEMORY = {pdf_process.EXIT_MEMORY, -signal.SIGABRT, -signal.SIGTRAP, -signal.SIGSEGV}
_OUT_OF_TIME = {-signal.SIGXCPU, -signal.SIGKILL}


class PdfError(Exception):
    """The PDF could not be made; the message is a reason for people, in Chinese."""


@dataclass(frozen=True)
class RenderedPdf:
    pages: int
    sha256: str


def render_pdf(
    html: str | Iterable[str],
    destination: Path,
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
    memory_bytes: int = MEMORY_BYTES,
    progress: Callable[[int], None] | None = None,
) -> RenderedPdf:
    """Render ``html`` (a document, or its parts in order) to ``destination``, whole or not at all.

    ``progress`` is called with the number of parts done; what it raises ends the work. The time limit is for the
    whole document, the memory limit for each part. The same input gives the same bytes. Raises PdfError, OSError.
    """
    deadline = time.monotonic() + timeout_seconds
    with TemporaryDirectory(prefix="pdf-") as folder, atomic_file(destination) as temporary:
        files: list[Path] = []
        pages = 0
        for part in [html] if isinstance(html, str) else html:
            files.append(Path(folder) / f"{len(files)}.pdf")
            pages += _render_part(part, files[-1], pages + 1, deadline, memory_bytes)
            if progress:
                progress(len(files))
        _join(files, temporary)
        return RenderedPdf(pages, sha256_of(temporary))


def _render_part(html: str, output: Path, first_page: int, deadline: float, memory_bytes: int) -> int:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise PdfError("生成 PDF 超过时限。请缩小范围，或改用 Excel、CSV 格式。")
    arguments = [os.getpid(), memory_bytes, int(seconds) + 1, first_page, output]
    # -I: the folder of the script, which is the project's package, must not shadow other modules.
    command = [sys.executable, "-I", pdf_process.__file__, *map(str, arguments)]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            input=html.encode("utf-8", "replace"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            env=fonts.environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise PdfError("生成 PDF 超过时限。请缩小范围，或改用 Excel、CSV 格式。") from error
    if done.returncode != 0:
        raise _failure(done.returncode, done.stdout)
    return int(json.loads(done.stdout)["pages"])


def _failure(code: int, output: bytes) -> PdfError:
    logger.error("PDF process ended with %s: %s", code, output.decode("utf-8", "replace").strip()[:600])
    if code in _OUT_OF_MEMORY:
        return PdfError("生成 PDF 超过内存上限。请缩小范围，或改用 Excel、CSV 格式。")
    if code in _OUT_OF_TIME:
        return PdfError("生成 PDF 超过时限。请缩小范围，或改用 Excel、CSV 格式。")
    if code == pdf_process.EXIT_FETCH:
        return PdfError("材料引用了外部资源，已停止生成。请联系管理员。")
    return PdfError("生成 PDF 时出错，已记录。请联系管理员。")


def _join(files: list[Path], destination: Path) -> None:
    if len(files) == 1:
        destination.write_bytes(files[0].read_bytes())
        return
    if not files:
        raise ValueError("a document has at least one part")
    import pikepdf  # Loads a large library, which documents in one part do not need.

    with pikepdf.new() as whole:
        for index, path in enumerate(files):
            with pikepdf.open(path) as part:
                if index == 0:
                    whole.Root.Lang = part.Root.get("/Lang", "zh-CN")
                    whole.docinfo["/Title"] = str(part.docinfo.get("/Title", ""))
                for page in part.pages:
                    # The part's structure tree stays behind, so a reference into it would point nowhere.
                    if "/StructParents" in page.obj:
                        del page.obj["/StructParents"]
                whole.pages.extend(part.pages)
        whole.save(destination, deterministic_id=True)
