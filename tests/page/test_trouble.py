"""When something is wrong, the page says what, quotes the limit, and leaves a way on."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from svgai import Limits
from tests.page.arrivals import choose, file, paste
from tests.samples import bomb_png, logo_png

DROP_ZEROS = """
(size) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(size)], "poster.png", { type: "image/png" }));
  window.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer }));
}
"""


def message(page: Page) -> str:
    alert = page.get_by_role("alert")
    expect(alert).to_be_visible()
    return alert.inner_text()


def test_a_broken_file_is_named_with_what_is_wrong_and_what_to_do(page: Page) -> None:
    choose(page, file("broken.png", logo_png()[:60]))
    text = message(page)
    assert "broken.png could not be converted" in text
    assert "picture." in text
    assert "choose" in text
    expect(page.get_by_label("Choose a picture")).to_be_focused()


def test_a_bomb_is_refused_with_the_limit_and_never_opened_by_the_browser(page: Page) -> None:
    choose(page, file("bomb.png", bomb_png()))
    text = message(page)
    assert str(Limits().max_pixels) in re.sub(r"[\s,_]", "", text)
    assert "picture.too_many_pixels" in text
    assert page.locator("img[src^='blob:']").count() == 0


def test_a_picture_is_not_opened_before_the_service_has_measured_it(page: Page) -> None:
    """A small file can hold a billion pixels, and only the service has limits for that."""
    unread = {"format": None, "width": None, "height": None, "bytes": 1}
    links = {"self": "/api/v1/jobs/job_1", "result": "/api/v1/jobs/job_1/result"}
    progress = {"percent": 1, "phase": "read_header"}
    job = {"id": "job_1", "state": "running", "progress": progress, "input": unread, "links": links}
    page.route("**/api/v1/jobs**", lambda route: route.fulfill(status=202, json=job))
    page.route("**/api/v1/jobs/*", lambda route: route.fulfill(json=job))
    choose(page, file("logo.png", logo_png(151)))
    expect(page.get_by_text("Checking the picture").last).to_be_visible()
    assert page.locator("img[src^='blob:']").count() == 0


def test_a_file_above_the_limit_is_not_even_sent(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    limit = int(page.locator("#form").get_attribute("data-max-bytes"))
    page.evaluate(DROP_ZEROS, limit + 1)
    text = message(page)
    assert f"{limit:,} bytes" in text
    assert f"{limit + 1:,} bytes" in text
    assert sent == []


def test_a_text_is_refused_with_the_formats_that_can_be_read(page: Page) -> None:
    paste(page, file("notes.txt", b"buy milk", "text/plain"))
    text = message(page)
    assert "text/plain" in text
    assert page.locator("#form").get_attribute("data-formats") in text


def test_an_empty_clipboard_is_told(page: Page) -> None:
    paste(page)
    assert "The clipboard holds no picture." in message(page)


def test_a_name_with_markup_is_shown_as_text(page: Page) -> None:
    name = "<img src=x onerror=alert(1)><b>bold.png"
    choose(page, file(name, logo_png()))
    expect(page.get_by_role("heading", name=name.replace(".png", ".svg"))).to_be_visible()
    page.get_by_role("button", name="Convert another").click()
    choose(page, file(name, b"not a picture"))
    assert name in message(page)
    assert page.locator("b, img[onerror]").count() == 0


def test_a_lost_connection_is_told_and_the_same_picture_can_be_tried_again(page: Page) -> None:
    page.context.set_offline(True)
    choose(page, file("logo.png", logo_png(152)))
    assert "network.lost" in message(page)
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="logo.svg")).to_be_visible()


def test_waiting_can_be_given_up(page: Page) -> None:
    page.route("**/api/v1/jobs/*", lambda route: route.fulfill(status=503, headers={"Retry-After": "1"}))
    choose(page, file("logo.png", logo_png(153)))
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_label("Choose a picture")).to_be_focused()
    expect(page.get_by_role("alert")).to_be_hidden()
