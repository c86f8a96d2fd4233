"""portledger demo: the whole path once, for real: ten parties, a local chain, a gateway that can read nothing, and
files that prove it all when both are gone."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from portledger import resources, samples
from portledger.cli import demo_evidence, demo_search, output
from portledger.cli.command import Run, command
from portledger.cli.demo_cast import PASSPHRASE, Cast, assemble
from portledger.cli.demo_story import Story
from portledger.cli.demo_voice import DemoFailed, Voice
from portledger.domain.actions import SignedAction
from portledger.domain.errors import InvalidInput
from portledger.evidence.result import Status
from portledger.formats.strict_json import read_json
from portledger.sdk.verification import Verified, verify_document
from portledger.sdk.verify import LogReader

if TYPE_CHECKING:
    from portledger.chain.contract import LedgerContract
    from portledger.chain.rpc import Rpc

_INTRO: Final = """
A bill of lading is the paper that stands for cargo on a ship: who holds it, duly endorsed, gets the goods. It is
bought, sold and pledged while the ship sails, so there must be exactly one, and everybody must know who holds it.
This demo plays one through ten parties, without paper: on a ledger that knows who holds it but not what it says, and
a gateway that stores it sealed. Then a certificate of origin, and some attempts at fraud.

Everything here is real: a chain of its own (anvil), contracts, signatures, a gateway over HTTP. Nothing leaves this
machine.
"""


def add(app: typer.Typer) -> None:
    """Adds `demo` to the top level."""
    command(app, "demo", example="portledger demo --keep ./demo")(demo)


def demo(
    run: Run,
    keep: Annotated[Path | None, typer.Option("--keep", metavar="DIR", help="Leave everything it made there.")] = None,
) -> None:
    """Play one bill of lading and one certificate of origin through ten parties, on a ledger of its own.

    Ends with files that prove it all while gateway and ledger are switched off. Takes less than a minute, asks nothing,
    and explains itself. With --json the story goes to stderr and the outcome to stdout.
    """
    with _folder(keep) as folder:
        voice = Voice(sys.stderr if run.json_wanted else sys.stdout)
        outcome = play(folder, voice)
        (folder / "outcome.json").write_text(output.as_json(outcome) + "\n")
        if keep is not None:
            _kept(voice, folder)
    if run.json_wanted:
        output.emit_json(outcome)
    if not outcome["ok"]:
        raise typer.Exit(1)


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="portledger-demo-") as made:
            yield Path(made)
        return
    if keep.exists() and any(keep.iterdir()):
        raise InvalidInput("--keep", f"{keep}, which is not empty", "a new or empty folder")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep


def play(folder: Path, voice: Voice) -> dict[str, Any]:
    """The whole demo; what came of it. folder: gets data/ and keys/."""
    from portledger.chain.contract import LedgerContract  # these take a second to load: only for who needs them
    from portledger.chain.deploy import Deployment
    from portledger.chain.rpc import Rpc
    from portledger.gateway import system
    from portledger.gateway.settings import Settings

    start = time.monotonic()
    voice.line("portledger demo")
    voice.line("===============")
    voice.tell(_INTRO)
    bill = _sample("transport_document_negotiable.json")
    certificate = _sample("certificate_of_origin_rcep.json")
    data = folder / "data"
    node_port = system.free_port("127.0.0.1")
    settings = Settings(data=data, port=0, node_port=node_port, log_level="warning", block_seconds=0.05)
    voice.line()
    voice.line("Starting chain, contracts and gateway ...")
    with system.running(settings) as running:
        voice.line(f"... up after {time.monotonic() - start:.0f} s: gateway {running.url}")
        node_url = f"http://127.0.0.1:{node_port}"
        cast = _introduce(voice, running.url, folder / "keys")
        rpc = Rpc(node_url)
        ledger = LedgerContract(rpc, Deployment.load(data / "deployment.json").ledger)
        story = Story(voice, cast, bill, certificate, lambda signed: _ask(ledger, signed))
        failure = ""
        found: list[demo_search.Found] = []
        verified: list[Verified] = []
        files: demo_evidence.Files | None = None
        try:
            story.play()
            found = _search(voice, data, rpc, bill, certificate)
            verified = _verify(voice, cast, story, node_url)
            files = demo_evidence.write(voice, cast, story, folder / "evidence", running.url, node_url)
        except DemoFailed as failed:
            failure = str(failed)
    verdicts: list[dict[str, Any]] = []
    if files is not None:
        try:
            verdicts = demo_evidence.check(voice, files)
        except DemoFailed as failed:
            failure = str(failed)
    return _outcome(voice, start, failure, found, verified, verdicts)


def _sample(name: str) -> Any:
    return read_json((Path(samples.__file__).parent / name).read_bytes())


def _introduce(voice: Voice, url: str, folder: Path) -> Cast:
    voice.title("The parties", "Each makes its own keys and asks the consortium to be registered.")
    cast = voice.does("Ten parties make their keys, register and sign in", lambda: assemble(url, folder))
    voice.line()
    for role, session in cast:
        voice.line(f"      {session.party:>2}  {role.name:<26}{role.does}")
    return cast


def _ask(ledger: LedgerContract, signed: SignedAction) -> object:
    """A dry run of the act on the ledger itself, from nobody's address: the signatures alone count."""
    from portledger.chain.encoding import execute

    return ledger.simulate(bytes(20), execute(signed))


# --- nobody else can read --------------------------------------------------------------------------------------------


def _search(voice: Voice, data: Path, rpc: Rpc, bill: Any, certificate: Any) -> list[demo_search.Found]:
    values = demo_search.secret_values(bill, certificate)
    voice.title(
        "What the gateway and the chain know",
        f"""{len(values)} facts of the two documents (numbers, goods, containers, seals, prices, names) are searched for
        in every file of the gateway's data folder and in every transaction and event of the chain: as they are, as
        hex, Base64, UTF-16, percent-encoded, reversed, and inside what is compressed.""",
    )
    places = [*demo_search.files(data), *_chain(rpc)]
    known = demo_search.search(["Pacific Lantern Line"], places)
    found = voice.does("Search for all of them", lambda: demo_search.search(values, places))
    size = sum(len(content) for _, content in places) / 1e6
    voice.note(f"{len(places)} files and pieces of the chain, {size:.1f} MB: {len(found)} found.")
    voice.note(
        f"That the search works: the carrier's name, which its public profile tells every member, is found "
        f"in {len({one.where for one in known})} of them."
    )
    for one in found:
        voice.note(f"FOUND: {one.value!r} in {one.where} ({one.how})")
    if found or not known:
        raise DemoFailed("a value that must be sealed stands in clear" if found else "the search finds nothing at all")
    return found


def _chain(rpc: Rpc) -> Iterator[tuple[str, bytes]]:
    """Every transaction's input and every event's data, as bytes."""
    last = int(rpc.call("eth_blockNumber"), 16)
    for number in range(last + 1):
        block = rpc.call("eth_getBlockByNumber", hex(number), True)
        joined = b"".join(bytes.fromhex(item["input"][2:]) for item in block["transactions"])
        if joined:
            yield f"chain, block {number}", joined
    logs = rpc.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})
    yield (
        "chain, events",
        b"".join(bytes.fromhex(part[2:]) for item in logs for part in (*item["topics"], item["data"])),
    )


# --- verify ----------------------------------------------------------------------------------------------------------


def _verify(voice: Voice, cast: Cast, story: Story, node_url: str) -> list[Verified]:
    voice.title(
        "Does it all hold?",
        """Verification believes nobody but the chain's node. It replays every act from the signatures up, recomputes
        the running hashes, walks the rules, compares every stored byte, and names the first step that fails.""",
    )
    node = LogReader(node_url)
    checks = [
        ("The consignee verifies the bill, history and content", cast["consignee"], story.document),
        ("The auditor verifies the bill's history", cast["auditor"], story.document),
        ("The customs verify the certificate, history, content and quantities", cast["customs"], story.certified),
    ]
    verified = []
    for text, session, document in checks:
        one = voice.does(text, lambda session=session, document=document: verify_document(session, document, node))  # type: ignore[misc]
        result = one.result
        voice.note(f"holds as of {result.as_of}: {result.state}, {result.acts} acts, {result.notes} notes.")
        verified.append(one)
    voice.line()
    for step in verified[0].result.steps:
        how = "by the node" if step.status is Status.FROM_NODE else step.status.value
        voice.line(f"    {int(step.step):>3}  {how:<12}{step.to_dict()['title']}")
    return verified


# --- the end ---------------------------------------------------------------------------------------------------------


def _outcome(
    voice: Voice,
    start: float,
    failure: str,
    found: list[demo_search.Found],
    verified: list[Verified],
    offline: list[dict[str, Any]],
) -> dict[str, Any]:
    seconds = time.monotonic() - start
    ok = not failure and all(step.ok for step in voice.steps) and not found
    voice.title("What happened", "ok = as it must be: done, or refused with the error named.")
    voice.line()
    voice.table()
    done = sum(step.expected == "done" for step in voice.steps)
    voice.line()
    if ok:
        refused = len(voice.steps) - done
        voice.line(f"All as it must be: {done} steps done, {refused} attempts refused, in {seconds:.0f} s.")
    else:
        voice.line(f"NOT as it must be: {failure or 'see the lines marked NO'}")
    return {
        "ok": ok,
        "failure": failure,
        "seconds": round(seconds, 1),
        "steps": [{**asdict(step), "ok": step.ok} for step in voice.steps],
        "plaintextFound": [asdict(one) for one in found],
        "verified": [one.result.to_dict() for one in verified],
        "offline": offline,
        "kinds": {f"0x{number:04x}": kind.kind_digest.hex() for number, kind in resources.kinds().items()},
    }


def _kept(voice: Voice, folder: Path) -> None:
    voice.line()
    voice.line(f"Kept in {folder}:")
    voice.line("  data/          the system's folder; start it again: portledger up --data " + str(folder / "data"))
    evidence = folder / "evidence"
    voice.line("  evidence/      the bill, what was shown of it, the whole ledger; to check them without any gateway:")
    file, policy = evidence / demo_evidence.BUNDLE, evidence / demo_evidence.POLICY
    voice.line(f"                 portledger verify {file} --policy {policy}")
    voice.line(f"  keys/          ten key files, passphrase {json.dumps(PASSPHRASE)}; portledger --help shows what")
    voice.line(
        "                 they can do, such as: portledger inbox --as " + str(folder / "keys" / "buyer_bank.json")
    )
    voice.line("  outcome.json   the table above, for programs")
