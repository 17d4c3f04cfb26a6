"""A person's way through the explorer, in headless Chromium against a real server process."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, Request, expect, sync_playwright
from pyoxigraph import RdfFormat, parse

from kg.snapshots.snapshot import next_snapshot

CHROMIUM = Path("/usr/bin/chromium")
SMALL_GRAPH = Path(__file__).parents[1] / "data" / "explorer.trig"
SERVE = (
    "import sys; from app.server import serve; from app.settings import load_settings; "
    "serve(load_settings(port=int(sys.argv[1])), print)"
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_S = 30
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}"),
]


def free_port() -> int:
    with closing(socket.socket()) as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/api/health").is_success
    except httpx.ConnectError:
        return False


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server process over the small graph; at the end it must stop when it is told to."""
    folder, port = tmp_path_factory.mktemp("data"), free_port()
    with next_snapshot(folder / "graph") as store:
        store.bulk_load(parse(SMALL_GRAPH.read_bytes(), RdfFormat.TRIG))
    environment = os.environ | {"GUTBRAIN_DATA": str(folder)}
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base, deadline = f"http://127.0.0.1:{port}", time.monotonic() + START_S
    while not answers(base):
        assert server.poll() is None, "the server ended at once"
        assert time.monotonic() < deadline, "the server does not answer"
    yield base
    server.terminate()
    server.wait(timeout=15)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=CHROMIUM, args=ARGUMENTS, headless=True
        )
        yield context
        context.close()


def test_a_person_finds_a_sentence_and_runs_a_query(browser: BrowserContext, address: str) -> None:
    asked: list[str] = []
    alerts: list[str] = []

    def note_request(request: Request) -> None:
        asked.append(request.url)

    def note_alert(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    browser.on("request", note_request)
    page = browser.new_page()
    page.on("dialog", note_alert)

    search_for_a_synonym(page, address)
    open_the_evidence(page)
    run_a_query(page, address)

    own = (address, address.replace("http", "ws", 1), "data:", "blob:")
    assert not [url for url in asked if not url.startswith(own)]
    assert any(url.startswith(address) for url in asked)
    assert not alerts


def search_for_a_synonym(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Find a concept").fill("A. muciniphila")
    page.get_by_label("Find a concept").press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=A\.(\+|%20)muciniphila$"), timeout=15_000)
    page.get_by_role("link", name="Akkermansia muciniphila").click()
    expect(page.get_by_role("heading", name="Akkermansia muciniphila")).to_be_visible(
        timeout=15_000
    )


def open_the_evidence(page: Page) -> None:
    page.locator("tr", has_text="anxiety").get_by_role("link", name="2", exact=True).click()
    expect(page.locator("mark", has_text="A. muciniphila").first).to_be_visible(timeout=15_000)
    expect(page.get_by_text("onerror=alert(1)").first).to_be_visible()
    expect(page.locator("img[src*='beacon']")).to_have_count(0)
    assert page.title() == "gutbrain"  # the planted script would have changed it


def run_a_query(page: Page, address: str) -> None:
    page.goto(f"{address}/query")
    page.get_by_label("Query").fill("SELECT ?name { ?s gb:unknown ?name }")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("No answer.")).to_be_visible(timeout=15_000)
    page.get_by_label("Query").fill("SELECT (1 + 1 AS ?two) {}")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("1 row", exact=True)).to_be_visible(timeout=15_000)
    expect(page).to_have_url(re.compile(r"/query\?query=SELECT"))
