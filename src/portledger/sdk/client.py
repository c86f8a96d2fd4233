"""The gateway's HTTP interface with types: one method per endpoint, safe retries, problems raised as domain errors."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx

from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import sha256
from portledger.formats import api_json as wire
from portledger.sdk.errors import GatewayProblem, GatewayUnreachable, NotFinalYet, error_of

T = TypeVar("T")

RETRIES: Final = 4
"""Attempts for a request that is safe to repeat."""
FIRST_PAUSE: Final = 0.1
"""Seconds before the second attempt; doubled each time."""
_BUSY: Final = frozenset({429, 502, 503, 504})
CLAIM_SECONDS: Final = 100.0
"""How long a request with an Idempotency-Key is asked for again while the gateway says that it is worked on: longer
than a gateway holds the place of an attempt that died."""
_WORKED_ON_PAUSE: Final = 2.0
LONG_POLL: Final = 10
"""Seconds that one status request may wait in the gateway."""


class Client:
    """One gateway. Every method raises the domain error that the gateway's problem names, or GatewayUnreachable; the
    latter also once the client was closed.

    Submitting is safe to repeat (an act is known by its digest), so everything but sign-in is retried when the
    connection fails or the gateway is busy.
    """

    def __init__(
        self,
        url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: float = 60.0,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=self.url, transport=transport, timeout=timeout, trust_env=False)
        self._pause = pause

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    @property
    def token(self) -> str | None:
        """The session's bearer token; set by sign_in, or by who kept one."""
        value = self._http.headers.get("Authorization")
        return value.removeprefix("Bearer ") if value else None

    @token.setter
    def token(self, value: str | None) -> None:
        if value is None:
            self._http.headers.pop("Authorization", None)
        else:
            self._http.headers["Authorization"] = f"Bearer {value}"

    # --- ledger, kinds, sessions -----------------------------------------------------------------------------------

    def ledger(self) -> wire.LedgerJson:
        return self._get("/v1/ledger", wire.LedgerJson)

    def kinds(self) -> list[wire.KindSummary]:
        return self._get("/v1/kinds", wire.KindsAnswer).items

    def kind(self, number: int) -> wire.KindJson:
        return self._get(f"/v1/kinds/{number}", wire.KindJson)

    def nonce(self) -> wire.NonceAnswer:
        return self._post("/v1/sessions/nonce", None, wire.NonceAnswer)

    def open_session(self, message: str, signature: bytes) -> wire.SessionAnswer:
        """Sends a signed EIP-4361 message and keeps the token. Not retried: the nonce is spent by the attempt."""
        body = wire.SessionRequest(message=message, signature=signature.hex())
        answer = self._post("/v1/sessions", body, wire.SessionAnswer, retry=False)
        self.token = answer.token
        return answer

    def close_session(self) -> None:
        self._request("DELETE", "/v1/sessions/current")
        self.token = None

    # --- credentials -----------------------------------------------------------------------------------------------

    def sessions(self) -> list[wire.SessionJson]:
        """The open sessions of the signed-in party; needs scope admin, as all below do."""
        return self._get("/v1/sessions", wire.SessionsAnswer).items

    def end_session(self, session: str) -> None:
        self._request("DELETE", f"/v1/sessions/{_quoted(session)}")

    def new_key(self, name: str, scopes: list[str], expires_at: int | None = None) -> wire.ApiKeyJson:
        """A key for a machine; its text is in this answer and nowhere else. scopes: of read, submit, admin."""
        body = wire.ApiKeyRequest(name=name, scopes=scopes, expires_at=expires_at)
        return self._post("/v1/api-keys", body, wire.ApiKeyJson, once=True)

    def api_keys(self) -> list[wire.ApiKeyJson]:
        return self._get("/v1/api-keys", wire.ApiKeysAnswer).items

    def revoke_key(self, key: str) -> None:
        """At once and for ever. key: its id."""
        self._request("DELETE", f"/v1/api-keys/{_quoted(key)}")

    # --- webhooks --------------------------------------------------------------------------------------------------

    def new_webhook(self, url: str, types: list[str] | None = None, cursor: str | None = None) -> wire.WebhookJson:
        """Has events sent to an https address; the answer alone holds the secret. cursor: the event to begin after."""
        body = wire.WebhookRequest(url=url, types=types or [], cursor=cursor)
        return self._post("/v1/webhooks", body, wire.WebhookJson, once=True)

    def webhooks(self) -> list[wire.WebhookJson]:
        return self._get("/v1/webhooks", wire.WebhooksAnswer).items

    def deliveries(self, webhook: str, state: str | None = None, cursor: str | None = None) -> wire.DeliveriesPage:
        """What was sent and what is still to come, newest first. state: waiting, delivered or parked."""
        path = f"/v1/webhooks/{_quoted(webhook)}/deliveries"
        return self._get(path, wire.DeliveriesPage, state=state, cursor=cursor)

    def rotate_secret(self, webhook: str, overlap: int = 86_400) -> wire.WebhookJson:
        """A new secret, in this answer alone; for `overlap` seconds the old one signs, too."""
        body = wire.RotateRequest(overlap=overlap)
        return self._post(f"/v1/webhooks/{_quoted(webhook)}/secret", body, wire.WebhookJson, once=True)

    def replay(self, webhook: str, cursor: str) -> wire.WebhookJson:
        """Everything after an event once more; "0" = from the beginning."""
        body = wire.ReplayRequest(cursor=cursor)
        return self._post(f"/v1/webhooks/{_quoted(webhook)}/replay", body, wire.WebhookJson, once=True)

    def retry_parked(self, webhook: str) -> wire.WebhookJson:
        return self._post(f"/v1/webhooks/{_quoted(webhook)}/retry", None, wire.WebhookJson, once=True)

    def delete_webhook(self, webhook: str) -> None:
        self._request("DELETE", f"/v1/webhooks/{_quoted(webhook)}")

    # --- acts that wait for signatures -----------------------------------------------------------------------------

    def put_waiting(
        self, digest: str, sealed: bytes, deadline: int, *, tag: str | None = None, blobs: Sequence[str] = ()
    ) -> wire.WaitingJson:
        """Keeps an act, sealed to one's own party, for its other officers. digest: 64 hex; deadline: unix seconds;
        tag: of what was read and shall be replaced, None = nothing is there yet; blobs: SHA-256 of the sealed files
        that it lists, 64 hex each. Raises PreconditionFailed."""
        asked = wire.WaitingRequest(sealed=wire.base64_text(sealed), deadline=deadline, blobs=list(blobs))
        body = wire.encode(asked)
        headers = _JSON if tag is None else {**_JSON, "If-Match": f'"{tag}"'}
        answer = self._request("PUT", f"/v1/waiting/{_quoted(digest)}", content=body, headers=headers)
        return wire.decode(answer.content, wire.WaitingJson)

    def waiting(self) -> list[wire.WaitingJson]:
        """What waits for signatures of the own party, what ends first first. Raises InvalidInput for an answer that
        names no digests and moments."""
        items = self._get("/v1/waiting", wire.WaitingAnswer).items
        for at, one in enumerate(items):
            wire.digest(one.digest, f"$.items[{at}].digest")
            if not 0 <= one.deadline < 1 << 32:
                raise InvalidInput(f"$.items[{at}].deadline", str(one.deadline), "unix seconds")
        return items

    def waiting_act(self, digest: str) -> wire.WaitingAct:
        """One of them with its sealed bytes. Raises NotFound when it is gone, or its deadline has passed."""
        return self._get(f"/v1/waiting/{_quoted(digest)}", wire.WaitingAct)

    def delete_waiting(self, digest: str, *, submitted: bool = False) -> None:
        """Again is as once. submitted: also where the act was submitted meanwhile. Raises Conflict."""
        asked = "?submitted=true" if submitted else ""
        self._request("DELETE", f"/v1/waiting/{_quoted(digest)}{asked}")

    # --- blobs -----------------------------------------------------------------------------------------------------

    def put_blob(self, data: bytes) -> str:
        """Uploads sealed bytes; the name is their SHA-256, 64 hex, which is returned."""
        name = sha256(data).hex()
        self._request("PUT", f"/v1/blobs/{name}", content=data, headers={"Content-Type": "application/octet-stream"})
        return name

    def put_blobs(self, blobs: list[bytes]) -> list[wire.BlobItem]:
        """Uploads up to 1,000 sealed blobs in one request; each is answered in its place."""
        frames = b"".join(sha256(one) + len(one).to_bytes(8, "big") + one for one in blobs)
        headers = {"Content-Type": "application/vnd.portledger.blobs"}
        return wire.decode(
            self._request("POST", "/v1/blobs", content=frames, headers=headers).content, wire.BlobsAnswer
        ).items

    def put_blob_stream(self, name: str, chunks: Callable[[], Iterator[bytes]]) -> str:
        """Uploads bytes too large for memory. name: their SHA-256, 64 hex; chunks: a new stream for each attempt."""
        self._request("PUT", f"/v1/blobs/{name}", stream=chunks, headers={"Content-Type": "application/octet-stream"})
        return name

    def get_blob(self, name: str, *, check: bool = True) -> bytes:
        """Sealed bytes by SHA-256. Raises GatewayProblem when what came does not hash to the name (if check)."""
        data = self._request("GET", f"/v1/blobs/{name}").content
        if check and sha256(data).hex() != name:
            raise GatewayProblem(
                f"a blob that hashes to {sha256(data).hex()}",
                f"the bytes that hash to {name}",
                "The gateway's store is damaged or lies; ask another gateway or the author for the sealed bytes.",
            )
        return data

    @contextmanager
    def stream_blob(self, name: str) -> Iterator[Iterator[bytes]]:
        """Sealed bytes as they come, for what is too large for memory; whoever opens them checks the digest."""
        try:
            with self._http.stream("GET", f"/v1/blobs/{name}") as response:
                if not response.is_success:
                    response.read()
                    raise _error(response)
                yield response.iter_bytes()
        except httpx.TransportError as failure:
            raise GatewayUnreachable(f"a broken download ({type(failure).__name__})", "the whole blob") from failure
        except RuntimeError as failure:
            if not self._http.is_closed:
                raise
            raise self._closed() from failure

    # --- acts ------------------------------------------------------------------------------------------------------

    def submit(self, request: wire.SubmitRequest) -> wire.ActionStatus:
        return self._post("/v1/actions", request, wire.ActionStatus)

    def submit_batch(self, requests: list[wire.SubmitRequest]) -> list[wire.BatchItem]:
        """At most 1,000 acts, judged one by one."""
        return self._post("/v1/actions/batch", wire.BatchRequest(actions=requests), wire.BatchAnswer).items

    def status(self, digest: str, wait: float = 0) -> wire.ActionStatus:
        """Where a request stands. wait: seconds that the gateway may hold the answer back until it is final."""
        asked = {"wait": "final", "timeout": f"{wait:g}"} if wait else {}
        return self._get(f"/v1/actions/{digest}", wire.ActionStatus, **asked)

    def until_final(self, digest: str, seconds: float = 60) -> wire.ActionStatus:
        """The final status. Raises the error with which the ledger refused, or NotFinalYet after `seconds`."""
        end = time.monotonic() + seconds
        while True:
            asked = time.monotonic()
            left = max(0.0, end - asked)
            status = self.status(digest, wait=min(LONG_POLL, max(1.0, left)))
            if status.status == "final":
                return status
            if status.status == "refused":
                if status.problem is None:
                    raise GatewayProblem("a refused act without a problem", "the reason of a refusal")
                raise error_of(status.problem)
            if left <= 0:
                raise NotFinalYet(f"status {status.status}", f"final within {seconds:.0f} s", digest=digest)
            if time.monotonic() - asked < FIRST_PAUSE:  # a gateway where too many wait answers at once
                self._pause(FIRST_PAUSE)

    def party_act(self, request: wire.PartyActRequest) -> wire.ActionStatus:
        return self._post("/v1/party-acts", request, wire.ActionStatus)

    def veto(self, change: str, signature: bytes) -> wire.ActionStatus:
        return self._post(
            "/v1/vetoes", wire.VetoRequest(change_id=change, signature=signature.hex()), wire.ActionStatus
        )

    def enact(self, change: str, consent: bytes = b"") -> wire.ActionStatus:
        return self._post(
            "/v1/enactments", wire.EnactRequest(change_id=change, consent=consent.hex()), wire.ActionStatus
        )

    # --- parties ---------------------------------------------------------------------------------------------------

    def register(self, request: wire.RegistrationRequest) -> wire.RegistrationStatus:
        return self._post("/v1/registrations", request, wire.RegistrationStatus)

    def registration(self, request_id: str) -> wire.RegistrationStatus:
        return self._get(f"/v1/registrations/{request_id}", wire.RegistrationStatus)

    def parties(self) -> Iterator[wire.PartySummary]:
        """Every party, page by page."""
        cursor = None
        while True:
            page = self._get("/v1/parties", wire.PartiesPage, cursor=cursor)
            yield from page.items
            cursor = page.next
            if not cursor:
                return

    def party(self, party: int) -> wire.PartyJson:
        return self._get(f"/v1/parties/{party}", wire.PartyJson)

    def profile(self, party: int) -> dict[str, Any]:
        return self._get(f"/v1/parties/{party}/profile", dict[str, Any])

    def put_profile(self, party: int, profile: dict[str, Any]) -> None:
        self._request("POST", f"/v1/parties/{party}/profile", content=wire.encode(profile), headers=_JSON)

    def encryption_key(self, party: int) -> wire.EncryptionKeyJson:
        return self._get(f"/v1/parties/{party}/encryption-key", wire.EncryptionKeyJson)

    def put_encryption_key(self, party: int, key: bytes) -> None:
        body = wire.EncryptionKeyRequest(encryption_key=wire.base64_text(key))
        self._request("POST", f"/v1/parties/{party}/encryption-key", content=wire.encode(body), headers=_JSON)

    def party_log(self, party: int) -> list[wire.PartyLogEntry]:
        return self._get(f"/v1/parties/{party}/log", wire.PartyLog).entries

    # --- documents -------------------------------------------------------------------------------------------------

    def documents(
        self,
        *,
        party: int | None = None,
        state: str | None = None,
        kind: int | None = None,
        progress: str | None = None,
    ) -> Iterator[wire.DocumentJson]:
        """Every document that the signed-in party may see, page by page."""
        cursor = None
        while True:
            page = self._get(
                "/v1/documents",
                wire.DocumentsPage,
                party=None if party is None else str(party),
                state=state,
                kind=None if kind is None else str(kind),
                progress=progress,
                cursor=cursor,
            )
            yield from page.items
            cursor = page.next
            if not cursor:
                return

    def document(self, document: str) -> wire.DocumentJson:
        return self._get(f"/v1/documents/{document}", wire.DocumentJson)

    def history(self, document: str) -> wire.History:
        return self._get(f"/v1/documents/{document}/history", wire.History)

    def manifest(self, document: str, version: int | None = None) -> wire.ManifestJson:
        return self._get(
            f"/v1/documents/{document}/manifest",
            wire.ManifestJson,
            version=None if version is None else str(version),
        )

    def evidence(
        self,
        document: str,
        form: str = "whole",
        notes: str = "all",
        also: int | None = None,
        *,
        stamps: str = "all",
        newest: bool = False,
    ) -> bytes:
        """The evidence file as the gateway made it, nothing opened; not checked here. also: a party to be listed.

        stamps: all, none, or a certificate's SHA-256 in hex.
        """
        asked = {"form": form, "notes": notes, "also": also, "newest": "true" if newest else None, "stamps": stamps}
        query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in asked.items() if value is not None)
        return self._request("GET", f"/v1/documents/{document}/evidence?{query}").content

    def grants(self, document: str) -> list[wire.GrantJson]:
        """The grants for the signed-in party."""
        return self._get(f"/v1/documents/{document}/grants", wire.GrantsAnswer).items

    def disclosures(self, document: str) -> list[wire.DisclosureJson]:
        """Who was given which dataset by whom, without the keys; oldest first."""
        return self._get(f"/v1/documents/{document}/disclosures", wire.DisclosuresAnswer).items

    def add_grants(self, document: str, grants: list[wire.GrantJson]) -> None:
        body = wire.encode(wire.GrantsRequest(items=grants))
        self._request("POST", f"/v1/documents/{document}/grants", content=body, headers=_JSON)

    def events(self, cursor: str | None = None) -> wire.EventsPage:
        return self._get("/v1/events", wire.EventsPage, cursor=cursor)

    def _closed(self) -> GatewayUnreachable:
        return GatewayUnreachable(f"a connection to {self.url} that was closed here meanwhile", "an open one")

    # --- the one way out -------------------------------------------------------------------------------------------

    def _get(self, path: str, shape: type[T], **query: str | None) -> T:
        asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items() if value is not None)
        return wire.decode(self._request("GET", f"{path}?{asked}" if asked else path).content, shape)

    def _post(self, path: str, body: Any, shape: type[T], *, retry: bool = True, once: bool = False) -> T:
        """once: with an Idempotency-Key, for what is not known by its digest: a retry gets the first one's answer."""
        content = b"" if body is None else wire.encode(body)
        headers = {**_JSON, "Idempotency-Key": secrets.token_hex(16)} if once else _JSON
        return wire.decode(self._request("POST", path, content=content, headers=headers, retry=retry).content, shape)

    def _request(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        stream: Callable[[], Iterator[bytes]] | None = None,
        headers: dict[str, str] | None = None,
        retry: bool = True,
    ) -> httpx.Response:
        attempts, attempt = RETRIES if retry else 1, 0
        pause, waited = FIRST_PAUSE, 0.0
        while True:
            attempt += 1
            try:
                body = stream() if stream else content
                response = self._http.request(method, path, content=body, headers=headers)
            except httpx.TransportError as failure:
                if attempt == attempts:
                    raise GatewayUnreachable(
                        f"no answer from {self.url} ({type(failure).__name__})", "a running gateway"
                    ) from failure
            except httpx.InvalidURL as failure:
                raise GatewayUnreachable(f"the address {self.url!r}", "an http:// or https:// address") from failure
            except RuntimeError as failure:
                if not self._http.is_closed:
                    raise
                raise self._closed() from failure
            else:
                if response.is_success:
                    return response
                if _worked_on(response) and waited < CLAIM_SECONDS:
                    # By an attempt of ours whose answer was lost; its answer is kept, or its claim runs out.
                    attempt, pause, waited = attempt - 1, _WORKED_ON_PAUSE, waited + _WORKED_ON_PAUSE
                elif response.status_code not in _BUSY or attempt == attempts or _not_today(response):
                    raise _error(response)
                else:
                    pause = _retry_after(response, pause)
            self._pause(pause)
            pause *= 2


def _quoted(name: str) -> str:
    return quote(name, safe="")


_JSON: Final = {"Content-Type": "application/json"}
_LONGEST_PAUSE: Final = 10.0


def _retry_after(response: httpx.Response, pause: float) -> float:
    """Seconds to wait: what the gateway asks for (within reason), else our own."""
    asked = response.headers.get("Retry-After", "")
    return min(float(asked), _LONGEST_PAUSE) if _is_number(asked) else pause


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _not_today(response: httpx.Response) -> bool:
    """A quota that comes back later than anybody waits at a prompt."""
    asked = response.headers.get("Retry-After", "")
    return response.status_code == 429 and _is_number(asked) and float(asked) > _LONGEST_PAUSE


def _worked_on(response: httpx.Response) -> bool:
    """Refused because the same request with the same Idempotency-Key is being worked on."""
    if response.status_code != 409 or "idempotency-key" not in response.request.headers:
        return False
    try:
        return wire.decode(response.content, wire.Problem).code == "RequestInFlight"
    except InvalidInput:
        return False


def _error(response: httpx.Response) -> Exception:
    try:
        problem = wire.decode(response.content, wire.Problem)
    except Exception:  # noqa: BLE001  (whatever came is no problem document: say so, with the status)
        return GatewayProblem(f"HTTP {response.status_code} from {response.request.url}", "an answer of a gateway")
    return error_of(problem)
