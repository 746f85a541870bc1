import http.server
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings
from pypdf import PdfReader

from hongya_portal.files import sha256_of
from hongya_portal.pdf import PdfError, render_pdf

HEAVY = "<p>" + "意见" * 200 + "</p>"


def document(body: str, style: str = "") -> str:
    return f'<!doctype html><html lang="zh-CN"><title>演示文件</title><style>{style}</style><body>{body}</body></html>'


def text_of(path: Path) -> list[str]:
    return [page.extract_text() for page in PdfReader(path).pages]


@pytest.fixture
def canary():
    """A server on the loopback address and the paths it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_render_writes_a_tagged_chinese_document(tmp_path):
    output = tmp_path / "paper.pdf"
    rendered = render_pdf(document("<h1>简报</h1><p>本期未收到意见。</p>"), output)
    reader = PdfReader(output)
    assert rendered.pages == len(reader.pages) == 1
    assert rendered.sha256 == sha256_of(output)
    assert "本期未收到意见。" in text_of(output)[0]
    assert (reader.metadata.title, reader.root_object["/Lang"]) == ("演示文件", "zh-CN")
    assert reader.root_object["/MarkInfo"]["/Marked"]
    assert output.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [output]


def test_the_same_input_gives_the_same_bytes(tmp_path):
    parts = [document("<p>甲</p>"), document("<p>乙</p>")]
    first, second = (render_pdf(parts, tmp_path / name) for name in ("a.pdf", "b.pdf"))
    assert first == second
    single = render_pdf(parts[0], tmp_path / "c.pdf")
    assert single == render_pdf(parts[0], tmp_path / "d.pdf") != first


def test_parts_number_their_pages_through(tmp_path):
    style = '@page{@bottom-center{content:"P" counter(page)}} @page :left{@top-left{content:"LEFT"}} p{break-after:page}'
    parts = [document("<p>一</p>" * 3, style), document("<p>二</p>" * 2, style), document("<p>三</p>", style)]
    done: list[int] = []
    rendered = render_pdf(iter(parts), tmp_path / "paper.pdf", progress=done.append)
    texts = text_of(tmp_path / "paper.pdf")
    assert rendered.pages == len(texts)
    assert done == [1, 2, 3]
    for number, text in enumerate(texts, start=1):
        assert f"P{number}" in text.replace(" ", "")
        assert ("LEFT" in text) == (number % 2 == 0)


@pytest.mark.parametrize(
    "body",
    [
        '<img src="{url}/img.png">',
        '<link rel="stylesheet" href="{url}/style.css">',
        '<style>@import url("{url}/import.css");</style>',
        '<p style="background:url({url}/background.png)">x</p>',
        '<link rel="attachment" href="{url}/file.txt">',
        '<object data="{url}/object.svg"></object>',
        "<style>@font-face{{font-family:x;src:url({url}/font.woff)}} p{{font-family:x}}</style><p>x</p>",
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image width="9" height="9" href="{url}/in.png"/></svg>',
        '<img src="file:///etc/hostname">',
        '<link rel="attachment" href="file:///etc/hostname">',
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    ],
)
def test_a_reference_to_anything_stops_the_paper_before_it_is_fetched(tmp_path, canary, body):
    url, asked = canary
    with pytest.raises(PdfError, match="外部资源"):
        render_pdf(document(body.format(url=url)), tmp_path / "paper.pdf")
    assert asked == []
    assert list(tmp_path.iterdir()) == []
    urllib.request.urlopen(f"{url}/control").close()  # noqa: S310
    assert asked == ["/control"]


def test_a_paper_that_takes_too_long_leaves_the_older_file(tmp_path):
    output = tmp_path / "paper.pdf"
    output.write_bytes(b"older")
    started = time.monotonic()
    with pytest.raises(PdfError, match="时限"):
        render_pdf(document(HEAVY * 5000), output, timeout_seconds=1.5)
    assert time.monotonic() - started < 10
    assert output.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [output]


def test_the_time_limit_is_for_all_parts_together(tmp_path):
    def parts():
        yield document("<p>一</p>")
        time.sleep(1.5)
        yield document("<p>二</p>")

    with pytest.raises(PdfError, match="时限"):
        render_pdf(parts(), tmp_path / "paper.pdf", timeout_seconds=1.4)


def test_a_paper_that_takes_too_much_memory_is_refused(tmp_path):
    with pytest.raises(PdfError, match="内存"):
        render_pdf(document(HEAVY * 900), tmp_path / "paper.pdf", memory_bytes=230 * 2**20)
    assert list(tmp_path.iterdir()) == []


def test_a_fault_is_logged_without_the_text(tmp_path, caplog):
    with pytest.raises(PdfError, match="出错，已记录"):
        render_pdf(document("<div>机密姓名" * 3000), tmp_path / "paper.pdf")
    assert "RecursionError" in caplog.text
    assert "机密姓名" not in caplog.text


def test_what_progress_raises_ends_the_work(tmp_path):
    def lose(done: int) -> None:
        raise KeyError(done)

    with pytest.raises(KeyError):
        render_pdf(document("<p>一</p>"), tmp_path / "paper.pdf", progress=lose)
    assert list(tmp_path.iterdir()) == []


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def wait_for(condition, seconds: float = 20.0):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
    return found


@pytest.mark.processes
def test_the_process_dies_with_its_parent(tmp_path):
    code = (
        "import django; django.setup()\n"
        "from pathlib import Path; from hongya_portal.pdf import render_pdf\n"
        f"render_pdf('<p>' + '意见' * 200000, Path({str(tmp_path / 'paper.pdf')!r}))"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "hongya_portal.settings"}
    with subprocess.Popen([sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment) as parent:
        try:
            child = wait_for(lambda: [c for c in children(parent.pid) if "pdf_process" in command_line(c)])[0]
            # Confined by now: it has asked the kernel to die with its parent.
            wait_for(lambda: "weasyprint" in maps_of(child) or "pango" in maps_of(child))
        finally:
            parent.send_signal(signal.SIGKILL)
    wait_for(lambda: not alive(child))
    assert not (tmp_path / "paper.pdf").exists()


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except FileNotFoundError:
        return ""


def maps_of(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text()
