"""A real Chromium for the tests of the page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium on this machine: apt-get install -y chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, service_url: str) -> Page:
    """The page of the service, open and with its scripts running."""
    page = context.new_page()
    # Playwright catches file choosers only some time after the first listener came: an early key would escape it.
    page.on("filechooser", lambda _: None)
    page.goto(service_url)
    try:
        page.wait_for_selector("html.js")
    except TimeoutError:
        # Seen once in some two hundred starts on a machine under heavy load, never explained.
        print("the page did not come to life in 20 s; loading it again")
        page.reload()
        page.wait_for_selector("html.js")
    return page
