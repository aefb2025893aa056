"""The page serves everyone: by keyboard, by ear, on a small screen, in the dark, and with no other host involved."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.page.arrivals import choose, file
from tests.samples import logo_png

NAMED_ROLES = {"button", "link", "combobox", "radio", "slider", "progressbar", "group", "image", "region", "heading"}

# Every visible text against the nearest background that is painted; 4.5 is what WCAG 2.2 AA asks of normal text.
FAINT_TEXTS = """
() => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = rgb(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const contrast = (node) => {
    const [dark, bright] = [light(rgb(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const hasText = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  return [...document.querySelectorAll("body *")]
    .filter((node) => node.checkVisibility() && hasText(node) && contrast(node) < 4.5)
    .map((node) => `${node.textContent.trim()}: ${contrast(node).toFixed(2)}`);
}
"""


def convert(page: Page) -> None:
    choose(page, file("logo.png", logo_png()))
    expect(page.locator("#result")).to_be_visible()


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.value || document.activeElement.tagName")


def tab_to(page: Page, wanted: str) -> None:
    for _ in range(20):
        if focused(page) == wanted:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached by Tab")


def nameless(page: Page) -> list[str]:
    """What a screen reader would meet and could not name, as Chromium itself computes it."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    met = [node for node in nodes if not node["ignored"] and node["role"]["value"] in NAMED_ROLES]
    assert len(met) > 3
    return [node["role"]["value"] for node in met if not node.get("name", {}).get("value")]


def test_a_whole_conversion_stays_on_the_origin_and_violates_no_policy(context, service_url: str) -> None:
    page = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(service_url)
    convert(page)
    page.get_by_role("radio", name="Before / after").check()
    page.get_by_role("radio", name="4\N{MULTIPLICATION SIGN}").check()
    page.get_by_role("slider").fill("20")
    assert complaints == []
    assert [url for url in requests if not url.startswith((service_url, "blob:" + service_url))] == []


def test_the_policy_allows_no_inline_script_or_style(page: Page, service_url: str) -> None:
    policy = page.request.get(service_url).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.locator("style, script:not([src]), [onclick], [onload]").count() == 0


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    tab_to(page, "file")
    with page.expect_file_chooser() as waiting:
        page.keyboard.press("Enter")
    waiting.value.set_files([file("logo.png", logo_png())])
    expect(page.locator("#result-title")).to_be_focused()
    tab_to(page, "side")
    page.keyboard.press("ArrowRight")
    tab_to(page, "fit")
    page.keyboard.press("ArrowRight")
    tab_to(page, "split")
    page.keyboard.press("End")
    assert page.get_by_role("slider").input_value() == "100"
    page.locator("#result-title").focus()
    tab_to(page, "download")
    with page.expect_download():
        page.keyboard.press("Enter")


def test_a_screen_reader_can_name_everything_it_meets(page: Page) -> None:
    assert page.locator("html").get_attribute("lang") == "en"
    assert nameless(page) == []
    convert(page)
    page.get_by_role("radio", name="Before / after").check()
    assert nameless(page) == []
    assert page.locator("h1").count() == 1
    expect(page.get_by_role("status")).to_contain_text("Done.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_light_and_dark(browser: Browser, service_url: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(service_url)
    assert page.evaluate(FAINT_TEXTS) == []
    convert(page)
    assert page.evaluate(FAINT_TEXTS) == []
    page.get_by_role("button", name="Convert another").click()
    choose(page, file("broken.png", b"broken"))
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.evaluate(FAINT_TEXTS) == []
    context.close()


@pytest.mark.parametrize("width", [320, 768])
def test_nothing_runs_off_the_side_of_a_small_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    hidden = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(hidden) == 0
    convert(page)
    page.get_by_role("radio", name="8\N{MULTIPLICATION SIGN}").check()
    assert page.evaluate(hidden) == 0
