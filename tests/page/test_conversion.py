"""A picture given to the page comes back as an SVG to look at and take away."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from svgai import Options
from tests.page.arrivals import choose, drop, file, paste
from tests.samples import logo_png, noise_png

RESULT = "#result"
NEXT_FRAME = "() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))"


def download(page: Page) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download SVG").click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def is_drawn(page: Page, picture: str) -> bool:
    """`decode` waits for the picture and fails for one that is none; a `wait_for_function` would need eval."""
    return page.locator(f"#{picture}").evaluate("(image) => image.decode().then(() => true, () => false)")


@pytest.mark.parametrize("arrive", [choose, drop, paste])
def test_a_picture_becomes_an_svg_however_it_arrives(page: Page, arrive) -> None:
    arrive(page, file("night owl.png", logo_png()))
    expect(page.locator(RESULT)).to_be_visible()
    expect(page.get_by_role("heading", name="night owl.svg")).to_be_focused()
    assert is_drawn(page, "after")
    assert is_drawn(page, "before")


def test_the_download_is_the_result_of_the_api_under_the_name_of_the_picture(page: Page) -> None:
    choose(page, file("logo.final.png", logo_png()))
    expect(page.locator(RESULT)).to_be_visible()
    name, svg = download(page)
    assert name == "logo.final.svg"
    assert svg.startswith(b"<svg")
    assert svg == page.request.get(page.url.rstrip("/") + page.locator("#after").get_attribute("src")).body()


@pytest.mark.parametrize(("form", "start"), [("PDF", b"%PDF"), ("PNG", b"\x89PNG"), ("DXF", b"0\nSECTION")])
def test_the_drawing_can_be_had_in_other_formats(page: Page, form: str, start: bytes) -> None:
    choose(page, file("logo.final.png", logo_png()))
    page.locator("#formats summary").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=form).click()
    assert waiting.value.suggested_filename == f"logo.final.{form.lower()}"
    assert Path(waiting.value.path()).read_bytes().startswith(start)


def test_whoever_cancels_has_the_job_cancelled(page: Page) -> None:
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok) as submitted:
        choose(page, file("noise.png", noise_png(913)))  # of a size of its own, so that no result is known
    job = submitted.value.json()
    with page.expect_response(lambda answer: answer.url.endswith(job["links"]["cancel"])):
        page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#start")).to_be_visible()
    here = page.url.rstrip("/") + job["links"]["self"]
    expect_soon(lambda: page.request.get(here).json()["state"] == "cancelled")


def expect_soon(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_copying_puts_the_svg_into_the_clipboard(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    choose(page, file("logo.png", logo_png()))
    page.get_by_role("button", name="Copy SVG").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").encode() == download(page)[1]


def test_the_facts_tell_sizes_shapes_and_likeness(page: Page) -> None:
    choose(page, file("logo.png", logo_png(size=200)))
    facts = page.locator("#facts")
    for fact in (
        "200 \N{MULTIPLICATION SIGN} 200 px",
        "File size",
        "path",
        "segment",
        "Likeness",
        "SSIM 0.",
        "Colour difference",
        "ΔE",
    ):
        expect(facts).to_contain_text(fact)


def test_every_option_of_the_page_reaches_the_job(page: Page) -> None:
    page.get_by_label("Method").select_option("fast")
    page.get_by_text("More options").click()
    page.get_by_label("Cutout").check()
    page.get_by_label("Precision").fill("3")
    page.get_by_label("Max colors").fill("")  # left empty, it asks for nothing
    page.get_by_label("Quality target").fill("98")
    page.get_by_label("Time budget").fill("7")
    chosen = {"method": "fast", "precision": 3, "cutout": True, "quality_target": 98, "time_budget": 7}
    assert options_of(page) == asdict(Options()) | chosen


def test_without_a_choice_the_page_asks_for_the_defaults(page: Page) -> None:
    assert options_of(page) == asdict(Options())


def options_of(page: Page) -> dict[str, object]:
    """The options of the job that the page makes of a picture."""
    with page.expect_response(lambda answer: answer.url.endswith("/api/v1/jobs")) as waiting:
        choose(page, file("logo.png", logo_png()))
    return waiting.value.json()["options"]


def test_the_facts_name_the_method_and_what_the_baseline_reaches(page: Page) -> None:
    page.get_by_label("Method").select_option("fast")
    choose(page, file("logo.png", logo_png()))
    facts = page.locator("#facts")
    expect(facts).to_contain_text("A plain tracing has")
    expect(facts).to_contain_text(re.compile("method (fast|baseline)"))


def test_that_the_baseline_stepped_in_is_said(page: Page) -> None:
    page.get_by_label("Method").select_option("fast")
    choose(page, file("noise.png", noise_png(32)))
    expect(page.locator("#facts")).to_contain_text("method baseline")
    expect(page.locator("#warnings")).to_contain_text("fast")


def test_zoom_shows_both_pictures_at_the_same_scale_and_place(page: Page) -> None:
    choose(page, file("logo.png", logo_png(size=256)))
    page.get_by_role("radio", name="8\N{MULTIPLICATION SIGN}").check()
    boxes = [page.locator(picture).bounding_box() for picture in ("#before", "#after")]
    assert [(box["width"], box["height"]) for box in boxes] == [(2048, 2048)] * 2
    page.locator("#after-pane").evaluate("(pane) => pane.scrollTo(300, 200)")
    page.evaluate(NEXT_FRAME)
    assert page.locator("#before-pane").evaluate("(pane) => [pane.scrollLeft, pane.scrollTop]") == [300, 200]


def test_the_slider_uncovers_the_svg(page: Page) -> None:
    choose(page, file("logo.png", logo_png()))
    page.get_by_role("radio", name="Before / after").check()
    split = page.get_by_role("slider")
    shown = [page.locator("#before-pane").evaluate("(pane) => getComputedStyle(pane).clipPath")]
    split.press("ArrowRight")
    shown.append(page.locator("#before-pane").evaluate("(pane) => getComputedStyle(pane).clipPath"))
    assert shown[0] != shown[1]
    assert all("inset" in clip for clip in shown)


def test_of_several_files_the_first_is_converted_and_the_page_says_so(page: Page) -> None:
    drop(page, file("first.png", logo_png()), file("second.png", logo_png()))
    expect(page.get_by_role("heading", name="first.svg")).to_be_visible()
    expect(page.locator("#result-note")).to_contain_text("2 files")


def test_another_picture_can_be_converted_afterwards(page: Page) -> None:
    choose(page, file("first.png", logo_png()))
    page.get_by_role("button", name="Convert another").click()
    choose(page, file("second.png", logo_png()))
    expect(page.get_by_role("heading", name="second.svg")).to_be_visible()


def test_a_picture_that_the_browser_cannot_show_is_converted_all_the_same(page: Page) -> None:
    tiff = io.BytesIO()
    Image.open(io.BytesIO(logo_png())).save(tiff, "TIFF")
    choose(page, file("scan.tiff", tiff.getvalue(), "image/tiff"))
    expect(page.get_by_text("This browser cannot show the original.")).to_be_visible()
    assert is_drawn(page, "after")


def test_a_short_outage_of_the_service_passes_unnoticed(page: Page) -> None:
    answers = iter([503, 502])

    def stumble(route: Route) -> None:
        status = next(answers, None)
        route.fulfill(status=status, headers={"Retry-After": "0"}) if status else route.continue_()

    page.route("**/api/v1/jobs/*", stumble)
    choose(page, file("logo.png", logo_png(173)))  # of a size of its own: for a known result nobody asks twice
    expect(page.get_by_role("heading", name="logo.svg")).to_be_visible()
    assert next(answers, None) is None


def test_the_form_gives_an_svg_without_scripts(browser, service_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(service_url)
    choose(page, file("logo.png", logo_png()))
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Convert").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"<svg")
    context.close()
