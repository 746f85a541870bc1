"""Chromium against the real processes: gunicorn, the Celery worker and beat, on the database of this run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.servers import Portal, portal

CHROMIUM = "/usr/bin/chromium"
# Without the background flags Chromium looks up its maker's hosts at every start.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The demonstration as ``./run`` serves it, with its handful of opinions and its staff."""
    folder = tmp_path_factory.mktemp("served")
    with portal(folder, "load_plan", "sync_groups") as running:
        running.manage("setup_demo", "--passwords-file", str(folder / "passwords"))
        yield running


@pytest.fixture(scope="session")
def passwords(served: Portal) -> dict[str, str]:
    """User name → password of the demonstration's staff."""
    lines = Path(served.environment["PORTAL_VAR"], "passwords").read_text().splitlines()
    return dict(line.split("\t")[:2] for line in lines)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(
    chromium: Browser, served: Portal, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Opens pages in contexts of their own; a violation of the policy or a script error fails the test."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def watch(page: Page) -> None:
        page.on("console", lambda m: troubles.append(m.text) if is_trouble(m.type, m.text) else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda r: troubles.append(r.url) if not own(r.url) else None)

    def own(url: str) -> bool:
        return url.startswith((served.url, "data:", "blob:", "about:"))

    def opener(*, javascript: bool = True, width: int = 1280, **options: object) -> Page:
        context = chromium.new_context(
            base_url=served.url,
            java_script_enabled=javascript,
            viewport={"width": width, "height": 900},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **options,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        watch(page)
        return page

    yield opener
    for context in contexts:
        context.close()
    assert troubles == []


def is_trouble(kind: str, text: str) -> bool:
    """Errors and policy violations; a deliberate 4xx answer is logged as a failed resource and is none."""
    return "Content Security Policy" in text or (kind == "error" and "Failed to load resource" not in text)
