"""HTML from standard input to a PDF file, in a process of its own; imports no Django.

``pdf_process.py PARENT_PID MEMORY_BYTES CPU_SECONDS FIRST_PAGE OUTPUT`` prints one line of JSON: ``pages``, or
``error`` (a type name) and ``frames`` (where it was raised). Neither holds a word of the document.
"""

import ctypes
import hashlib
import json
import os
import resource
import signal
import sys
import traceback
from typing import Any, NoReturn

_PR_SET_PDEATHSIG = 1
EXIT_ERROR, EXIT_MEMORY, EXIT_FETCH = 3, 4, 5


def confine(parent: int, memory_bytes: int, cpu_seconds: int) -> None:
    """Die with the parent, and never take more than the given memory and processor time."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(EXIT_ERROR)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def render(html: str, first_page: int, output: str) -> int:
    """Write ``output`` and return its number of pages. Any reference to a resource, of whatever scheme, ends it."""
    from weasyprint import CSS, HTML
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class DenyAll(URLFetcher):
        asked = False

        def fetch(self, url: str, headers: Any = None) -> NoReturn:
            self.asked = True
            raise FatalURLFetchingError

    fetcher = DenyAll()
    # The page box that a part begins with has the side that its number asks for.
    side = "right" if first_page % 2 else "left"
    start = CSS(
        string=f"@page:first{{counter-reset:page {first_page}}} html{{break-before:{side}}}",
        url_fetcher=fetcher,
    )
    document = HTML(string=html, url_fetcher=fetcher).render(
        stylesheets=[start] if first_page > 1 else None, pdf_variant="pdf/ua-1"
    )
    identifier = hashlib.sha256(f"{first_page} {html}".encode()).digest()[:16]
    document.write_pdf(output, pdf_variant="pdf/ua-1", pdf_identifier=identifier)
    if fetcher.asked:  # While it draws an SVG image, WeasyPrint catches even this error.
        raise FatalURLFetchingError
    return len(document.pages)


def main(arguments: list[str]) -> int:
    parent, memory_bytes, cpu_seconds, first_page = map(int, arguments[:4])
    confine(parent, memory_bytes, cpu_seconds)
    try:
        html = sys.stdin.buffer.read().decode("utf-8")
        print(json.dumps({"pages": render(html, first_page, arguments[4])}))  # noqa: T201
    except MemoryError:
        return EXIT_MEMORY
    except BaseException as error:
        frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        name = type(error).__name__
        print(json.dumps({"error": name, "frames": frames[-4:]}))  # noqa: T201
        return EXIT_FETCH if name == "FatalURLFetchingError" else EXIT_ERROR
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
