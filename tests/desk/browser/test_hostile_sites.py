"""Another web site, open in the same browser as the desk, can neither read it nor sign.

The site runs on this machine under four names: another port of the desk's own address (which the cookie is sent to),
`localhost`, a foreign name, and a foreign name that was rebound to the desk's own address and port. It is told
everything that it could never find out: the desk's port, the form token, the token of a summary that waits.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.desk.browser.conftest import Visit
from tests.desk.conftest import Office

from portledger.desk.state import Desk

SITES = ("http://127.0.0.1:{port}", "http://localhost:{port}", "http://evil.example:{port}")
READS = """async (url) => {
    const found = {};
    const within = (work) => Promise.race([work, new Promise((done) => setTimeout(() => done('nothing came'), 1500))]);
    const reading = async (name, work) => {
        try { found[name] = await within(work()); } catch (error) { found[name] = 'refused'; }
    };
    for (const credentials of ['include', 'omit'])
        for (const mode of ['cors', 'no-cors'])
            await reading(`fetch ${mode} ${credentials}`, async () => (await fetch(url, {mode, credentials})).text());
    const loaded = (tag, attribute) => new Promise((done) => {
        const element = document.createElement(tag);
        element.onload = () => {
            const framed = ['iframe', 'object'].includes(tag);
            done(framed ? element.contentDocument?.body.textContent ?? 'refused' : 'loaded');
        };
        element.onerror = () => done('refused');
        element[attribute] = url;
        document.body.append(element);
    });
    await reading('iframe', () => loaded('iframe', 'src'));
    await reading('image', () => loaded('img', 'src'));
    await reading('script', () => loaded('script', 'src'));
    await reading('object', () => loaded('object', 'data'));
    await reading('events', () => new Promise((done) => {
        const events = new EventSource(url, {withCredentials: true});
        events.onopen = () => done('opened');
        events.onmessage = (event) => done(event.data);
        for (const one of ['ready', 'changed', 'lost', 'locked']) events.addEventListener(one, () => done(one));
        events.onerror = () => done('refused');
    }));
    await reading('socket', () => new Promise((done) => {
        const socket = new WebSocket(url.replace('http', 'ws'));
        socket.onopen = () => done('opened');
        socket.onerror = () => done('refused');
    }));
    await reading('request', () => new Promise((done) => {
        const request = new XMLHttpRequest();
        request.onload = () => done(request.responseText);
        request.onerror = () => done('refused');
        request.withCredentials = true;
        request.open('GET', url);
        request.send();
    }));
    return found;
}"""
"""Every way to read; what each brought."""
OPENS = """async (url) => {
    const other = window.open(url, 'stolen');
    await new Promise((done) => setTimeout(done, 1500));
    try { return other.document.body.textContent; } catch (error) { return 'refused'; }
}"""
SENDS = """async ([url, fields]) => {
    const body = new URLSearchParams(fields);
    await fetch(url, {method: 'POST', mode: 'no-cors', credentials: 'include', body}).catch(() => null);
    await fetch(url, {method: 'POST', mode: 'cors', credentials: 'include', body}).catch(() => null);
    navigator.sendBeacon(url, body);
    for (const enctype of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
        const frame = document.createElement('iframe');
        frame.name = `into ${enctype}`;
        const form = document.createElement('form');
        Object.assign(form, {method: 'post', action: url, target: frame.name, enctype});
        for (const [name, value] of Object.entries(fields)) {
            const input = document.createElement('input');
            Object.assign(input, {type: 'hidden', name, value});
            form.append(input);
        }
        document.body.append(frame, form);
        const answered = new Promise((done) => { frame.onload = done; setTimeout(done, 1500); });
        form.submit();
        await answered;
    }
}"""
SENDS_AS_A_PAGE = """([url, fields]) => {
    const form = document.createElement('form');
    Object.assign(form, {method: 'post', action: url});
    for (const [name, value] of Object.entries(fields)) {
        const input = document.createElement('input');
        Object.assign(input, {type: 'hidden', name, value});
        form.append(input);
    }
    document.body.append(form);
    form.submit();
}"""
ASKS = """async ([url, fields]) => {
    const answer = await fetch(url, fields ? {method: 'POST', body: new URLSearchParams(fields)} : {});
    return [answer.status, await answer.text()];
}"""


class Site(BaseHTTPRequestHandler):
    """An empty page of somebody else."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>Win a holiday</title><p>Win a holiday</p>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


class Victim:
    """A desk with an open key and a summary that waits for its signature, and another tab with the hostile page."""

    def __init__(
        self, office: Office, desk: Desk, origin: str, own: Page, other: Page, bill: str, summary: str
    ) -> None:
        self.office, self.desk, self.origin, self.own, self.other = office, desk, origin, own, other
        self.bill, self.summary = bill, summary

    @property
    def attacks(self) -> dict[str, dict[str, str]]:
        """path -> form fields, with all the secrets right."""
        token = self.desk.form_token
        return {
            f"/as/shipper/documents/{self.bill}/sign": {"token": token, "summary": self.summary},
            "/language": {"token": token},
            "/lock": {"token": token},
        }

    def is_unharmed(self) -> None:
        """Nothing was signed, said or locked; and the person can still sign what is on the screen."""
        assert self.office.carrier.record(self.bill).possessor == self.office.carrier.party
        assert self.desk.open_parties() == ["shipper"]
        assert self.desk.language == "en"
        self.own.click("form[action$='/sign'] button")
        assert self.own.is_visible("[role=status]")


@pytest.fixture
def victim(office: Office, visit: Visit) -> Iterator[Victim]:
    bill = office.bill()
    with visit("shipper") as (window, desk):
        window.page.goto(f"{window.origin}/as/shipper/documents/{bill}/ACCEPT")
        summary = window.page.get_attribute("input[name='summary']", "value") or ""
        yield Victim(office, desk, window.origin, window.page, window.context.new_page(), bill, summary)


def paths(victim: Victim) -> list[str]:
    return [
        "/unlock",
        f"/as/shipper/documents/{victim.bill}",
        "/as/shipper/live/0",
        "/static/live.js",
        "/static/desk.css",
    ]


@pytest.mark.parametrize("site", SITES)
def test_another_site_reads_nothing(victim: Victim, port: int, site: str) -> None:
    victim.other.goto(site.format(port=port))
    for path in paths(victim):
        found = victim.other.evaluate(READS, victim.origin + path)
        assert set(found.values()) <= {"refused", "nothing came", ""}, (path, found)
    assert victim.other.evaluate(OPENS, f"{victim.origin}/as/shipper/") == "refused"
    victim.is_unharmed()


@pytest.mark.parametrize("site", SITES)
def test_another_site_that_knows_every_secret_signs_nothing(victim: Victim, port: int, site: str) -> None:
    victim.other.goto(site.format(port=port))
    for path, fields in victim.attacks.items():
        victim.other.evaluate(SENDS, [victim.origin + path, fields])
    for path, fields in victim.attacks.items():
        victim.other.goto(site.format(port=port))
        with victim.other.expect_navigation():
            victim.other.evaluate(SENDS_AS_A_PAGE, [victim.origin + path, fields])
        assert victim.other.inner_text("body").startswith("refused")
    victim.is_unharmed()


@pytest.mark.parametrize("name", ["rebound.example", "localhost"])
def test_a_name_that_was_rebound_to_the_desk_is_not_answered(victim: Victim, name: str) -> None:
    """Such a page has the desk's own port, so that the browser takes the two for one site."""
    rebound = victim.origin.replace("127.0.0.1", name)
    victim.other.route(f"{rebound}/trap", lambda route: route.fulfill(content_type="text/html", body="<p>Win</p>"))
    victim.other.goto(f"{rebound}/trap")
    for path in paths(victim):
        assert victim.other.evaluate(ASKS, [rebound + path, None]) == [403, "refused: wrong Host\n"]
    for path, fields in victim.attacks.items():
        assert victim.other.evaluate(ASKS, [rebound + path, fields]) == [403, "refused: wrong Host\n"]
    victim.is_unharmed()


def test_a_link_on_another_site_does_not_open_the_desk(victim: Victim, port: int) -> None:
    """Not even to show it: whoever wants the desk opens its own tab."""
    victim.other.goto(f"http://evil.example:{port}")
    with victim.other.expect_navigation():
        victim.other.evaluate("(url) => { location.href = url; }", f"{victim.origin}/as/shipper/")
    assert victim.other.inner_text("body").startswith("refused")
    victim.is_unharmed()


def test_a_desk_never_shows_in_the_frame_of_another_site(victim: Victim, port: int) -> None:
    """So nobody can lay a page over it and have the person click through."""
    victim.other.goto(f"http://127.0.0.1:{port}")
    victim.other.evaluate(
        "(url) => { const frame = document.createElement('iframe'); frame.src = url; document.body.append(frame); }",
        f"{victim.origin}/as/shipper/documents/{victim.bill}/ACCEPT",
    )
    victim.other.wait_for_timeout(1_000)
    assert victim.other.frames[1].url.startswith("chrome-error:")
    victim.is_unharmed()
