// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IDocumentLedger} from "./interfaces/IDocumentLedger.sol";
import {PartyRegistry} from "./PartyRegistry.sol";
import {Hashes} from "./libraries/Hashes.sol";
import {Kinds} from "./libraries/Kinds.sol";
import {Refusal} from "./libraries/Refusal.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Control, ControlWord} from "./types/Control.sol";
import {Party, PartyWord} from "./types/Party.sol";
import {Rule, RuleWord} from "./types/Rule.sol";
import {Terms, TermsWord} from "./types/Terms.sol";

// Deadlines, delays, freezes and suspensions are measured in days by the block's time, which a validator may shift by
// seconds; every value that was read beside a time counts as tainted, hence the strict equalities.
// slither-disable-start timestamp
// slither-disable-start incorrect-equality

/// @title The ledger of controllable originals.
/// @dev One path, `_apply`, in the numbered order of docs/protocol: every check before every write. Checks return an
/// encoded refusal instead of reverting, so that a batch skips what is refused.
/// Storage, after PartyRegistry's:
///  13 _records     document -> Record: control (type Control), head
///  14 notesHead    document -> running hash of its notes
///  15 noted        digest -> whether the note was applied
///  16 rules        kind << 16 | state << 8 | verb -> type Rule
///  17 intents      kind << 8 | verb -> keccak256 of the words
///  18 kindDigest   kind -> keccak256(fileDigest, keccak256(table))
///  19 claims       keccak256(family, certifier, documentReference) -> document
///  20 extension    document -> secured party 32 | frozenUntil 40
///  21 liveStates   kind -> bit s set when state s has a row
contract DocumentLedger is IDocumentLedger, PartyRegistry {
    uint256 private constant BEARER = type(uint32).max;
    uint256 private constant MILLION = 1_000_000;

    uint256 private constant TERMS = 0;
    uint256 private constant COUNTERPARTY = 1;
    uint256 private constant ENDORSEE = 2;
    uint256 private constant CONTENT = 3;
    uint256 private constant REFERENCE = 4;
    uint256 private constant DETAIL = 5;
    uint256 private constant QUANTITY = 6;

    uint256 private constant VERSION = 0;
    uint256 private constant SEQUENCE = 1;

    mapping(bytes32 => Record) private _records;
    mapping(bytes32 => bytes32) public notesHead;
    mapping(bytes32 => bool) public noted;
    mapping(uint256 => uint256) public rules;
    mapping(uint256 => bytes32) public intents;
    mapping(uint16 => bytes32) public kindDigest;
    mapping(bytes32 => bytes32) public claims;
    mapping(bytes32 => uint256) public extension;
    mapping(uint16 => uint256) public liveStates;

    /// @dev What `_apply` knows of one act, in memory: the checks fill it, the writes read it.
    struct Act {
        Terms terms;
        Rule rule;
        Control control;
        bytes32 head;
        bytes32 digest;
        bytes32 signers;
        bytes32 claim;
        Party actor;
    }

    constructor(address governor_, address registrar_, address guardian_, bytes32 salt_)
        PartyRegistry(governor_, registrar_, guardian_, salt_)
    {}

    // ---- acts --------------------------------------------------------------------------------------------------

    /// @inheritdoc IDocumentLedger
    function execute(SignedAction calldata action) external {
        // All zero is meant.
        // slither-disable-next-line uninitialized-local
        Act memory act; // all zero; `_check` fills it
        Refusal.raise(_check(action, act, domainSeparator()));
        ledgerHead = Hashes.chain(ledgerHead, _write(action, act));
    }

    /// @inheritdoc IDocumentLedger
    // Memory is reset after each item, see below.
    // slither-disable-next-line assembly
    function executeBatch(SignedAction[] calldata actions) external {
        bytes32 separator = domainSeparator();
        bytes32 running = ledgerHead;
        Act memory act; // all zero; `_check` fills it
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        for (uint256 i = 0; i < actions.length; ++i) {
            bytes memory reason = _check(actions[i], act, separator);
            if (reason.length == 0) running = Hashes.chain(running, _write(actions[i], act));
            else emit ActionRefused(i, act.digest, reason);
            // Nothing of this item is needed any more: without this, memory would cost the square of the batch.
            assembly ("memory-safe") {
                mstore(0x40, free)
            }
        }
        ledgerHead = running;
    }

    /// @dev Steps 1 to 15. Fills `act`; returns the encoded refusal of the first step that fails, empty when none does.
    function _check(SignedAction calldata action, Act memory act, bytes32 separator)
        private
        view
        returns (bytes memory reason)
    {
        Terms t = Terms.wrap(action.terms);
        Record storage record = _records[action.document];
        act.terms = t;
        act.control = Control.wrap(record.control);
        act.head = record.head;
        act.claim = 0;
        act.digest = _digest(action, t, separator);

        // 1 terms well-formed
        if (Terms.unwrap(t) > TermsWord.LARGEST) {
            return Refusal.encode(BadParameter.selector, TERMS, Terms.unwrap(t), TermsWord.LARGEST);
        }
        // 2 deadline
        if (t.deadline() < block.timestamp) return Refusal.encode(Expired.selector, t.deadline(), block.timestamp);
        if (t.deadline() > block.timestamp + MAX_AHEAD) {
            return Refusal.encode(DeadlineTooFar.selector, t.deadline(), block.timestamp + MAX_AHEAD);
        }
        // 3 kind equal to the record's
        if (act.control.exists() && t.kind() != act.control.kind()) {
            return Refusal.encode(KindMismatch.selector, t.kind(), act.control.kind());
        }
        // 4 the rule exists
        Rule r = Rule.wrap(rules[(uint256(t.kind()) << 16) | (uint256(act.control.state()) << 8) | t.verb()]);
        if (!r.present()) {
            if (kindDigest[uint16(t.kind())] == 0) return Refusal.encode(KindUnknown.selector, t.kind());
            return Refusal.encode(NoRule.selector, t.kind(), act.control.state(), t.verb());
        }
        act.rule = r;
        // 5 not frozen (control rows only)
        if (act.control.flags() & ControlWord.FROZEN != 0 && !r.flagged(RuleWord.FLAG_NOTE)) {
            uint256 until = _frozenUntil(action.document);
            if (until > block.timestamp) {
                return Refusal.encode(RecordFrozen.selector, uint256(action.document), until);
            }
        }
        // 6 document id (creating rows)
        if (r.has(RuleWord.CREATE)) {
            bytes32 expected = Hashes.words(t.kind() >> 8, t.actor(), uint256(action.documentReference));
            if (action.document != expected) {
                return Refusal.encode(WrongDocumentId.selector, uint256(action.document), uint256(expected));
            }
        }
        // 7 to 10 the actor
        reason = _checkActor(action.document, act);
        if (reason.length != 0) return reason;
        // 11 parameters by mode
        reason = _checkCounterparty(act);
        if (reason.length != 0) return reason;
        reason = _checkEndorsee(act);
        if (reason.length != 0) return reason;
        reason = _checkDigests(action, r);
        if (reason.length != 0) return reason;
        reason = _checkQuantity(act);
        if (reason.length != 0) return reason;
        // 12 previous
        if (action.previous != act.head) {
            return Refusal.encode(
                StalePrevious.selector, uint256(action.document), uint256(action.previous), uint256(act.head)
            );
        }
        // 13 signatures, and the account's scope covers the row's class
        reason = _checkSignatures(action.signatures, act);
        if (reason.length != 0) return reason;
        // 14 claim, note not seen before; 15 counters
        return _checkOnce(action, act);
    }

    /// @dev Steps 7 to 10: active, epoch, roles, who.
    function _checkActor(bytes32 document, Act memory act) private view returns (bytes memory) {
        uint256 actor = act.terms.actor();
        Rule r = act.rule;
        Party word = _parties[actor];
        act.actor = word;
        uint256 why = word.inactive();
        if (why != 0 && !(why == PartyWord.LOCKED && r.flagged(RuleWord.FLAG_LOCKED_TOO))) {
            return Refusal.encode(PartyInactive.selector, actor, why);
        }
        if (act.terms.epoch() != word.epoch()) {
            return Refusal.encode(EpochPassed.selector, actor, act.terms.epoch(), word.epoch());
        }
        if (r.roles() != 0 && word.roles() & r.roles() == 0) {
            return Refusal.encode(RoleMissing.selector, actor, r.roles());
        }
        uint256 standing = _standing(document, act.control, actor, r.who()) & r.who();
        if (r.flagged(RuleWord.FLAG_ALL) ? standing != r.who() : standing == 0) {
            return Refusal.encode(NotAllowed.selector, actor, r.who());
        }
        return "";
    }

    /// @dev All that the actor is to the record, as bits of `who`; ROLE is given, step 9 passed.
    function _standing(bytes32 document, Control c, uint256 actor, uint256 who) private view returns (uint256 bits) {
        bits = RuleWord.WHO_ROLE | RuleWord.WHO_ANYONE;
        if (!c.exists()) return bits;
        bool bearer = c.endorsee() == BEARER;
        bool named = c.endorsee() == actor;
        if (c.issuer() == actor) bits |= RuleWord.WHO_ISSUER;
        if (c.possessor() == actor) bits |= RuleWord.WHO_POSSESSOR;
        if (named || bearer) bits |= RuleWord.WHO_ADDRESSEE;
        if (named) bits |= RuleWord.WHO_NAMED_ENDORSEE;
        if ((named || bearer) && c.possessor() == actor) bits |= RuleWord.WHO_TITLEHOLDER;
        if (c.offeree() == actor) bits |= RuleWord.WHO_OFFEREE;
        if (
            who & RuleWord.WHO_SECURED != 0 && c.flags() & ControlWord.SECURED != 0
                && uint32(extension[document]) == actor
        ) bits |= RuleWord.WHO_SECURED;
    }

    /// @dev Who will be issuer after the act: the issuer is never made endorsee.
    function _issuerToBe(Act memory act) private pure returns (uint256) {
        if (!act.rule.has(RuleWord.CREATE)) return act.control.issuer();
        return act.rule.has(RuleWord.ISSUER_IS_COUNTERPARTY) ? act.terms.counterparty() : act.terms.actor();
    }

    function _bad(uint256 parameter, uint256 found, uint256 allowed) private pure returns (bytes memory) {
        return Refusal.encode(BadParameter.selector, parameter, found, allowed);
    }

    function _checkActive(uint256 id) private view returns (bytes memory) {
        uint256 why = _parties[id].inactive();
        return why == 0 ? bytes("") : Refusal.encode(PartyInactive.selector, id, why);
    }

    function _checkCounterparty(Act memory act) private view returns (bytes memory reason) {
        uint256 c = act.terms.counterparty();
        uint256 mode = act.rule.counterpartyMode();
        Control now_ = act.control;
        if (mode == 0) {
            if (c != 0) return _bad(COUNTERPARTY, c, 0);
        } else if (mode == 3) {
            if (c != now_.possessor()) return _bad(COUNTERPARTY, c, now_.possessor());
            if (_parties[c].locked()) return Refusal.encode(PartyInactive.selector, c, PartyWord.LOCKED);
        } else if (mode == 5) {
            if (c != now_.offeree()) return _bad(COUNTERPARTY, c, now_.offeree());
        } else {
            if (mode == 2 && c != now_.endorsee()) return _bad(COUNTERPARTY, c, now_.endorsee());
            if (c == act.terms.actor() || (mode != 1 && c == _issuerToBe(act))) return _bad(COUNTERPARTY, c, 0);
            reason = _checkActive(c);
            if (reason.length != 0) return reason;
        }
        uint256 roles = act.rule.counterpartyRoles();
        if (roles != 0 && _parties[c].roles() & roles == 0) return Refusal.encode(RoleMissing.selector, c, roles);
    }

    function _checkEndorsee(Act memory act) private view returns (bytes memory) {
        uint256 e = act.terms.endorsee();
        uint256 mode = act.rule.endorseeMode();
        Control now_ = act.control;
        if (mode == 0) return e == 0 ? bytes("") : _bad(ENDORSEE, e, 0);
        if (mode == 2) return e == BEARER ? bytes("") : _bad(ENDORSEE, e, BEARER);
        if (mode == 4) return e == now_.offeredEndorsee() ? bytes("") : _bad(ENDORSEE, e, now_.offeredEndorsee());
        if (e == 0 && (mode == 3 || mode == 7)) return "";
        if (mode == 3) {
            uint256 actor = act.terms.actor();
            bool titleholder =
                now_.possessor() == actor && (now_.endorsee() == actor || now_.endorsee() == BEARER);
            if (!titleholder) return _bad(ENDORSEE, e, 0);
        }
        if (mode == 6 && e != now_.possessor()) return _bad(ENDORSEE, e, now_.possessor());
        if (e == BEARER && mode != 1 && mode != 6) return "";
        if (e == _issuerToBe(act)) return _bad(ENDORSEE, e, 0);
        return _checkActive(e);
    }

    function _checkDigests(SignedAction calldata action, Rule r) private pure returns (bytes memory) {
        if ((r.contentMode() == 1) != (action.content != 0)) return _bad(CONTENT, uint256(action.content), 0);
        if ((r.referenceMode() == 1) != (action.documentReference != 0)) {
            return _bad(REFERENCE, uint256(action.documentReference), 0);
        }
        if (r.detailMode() == 1 && action.detail == 0) return _bad(DETAIL, 0, 0);
        return "";
    }

    function _checkQuantity(Act memory act) private pure returns (bytes memory) {
        uint256 q = act.terms.quantity();
        uint256 used = act.control.used();
        uint256 mode = act.rule.quantityMode();
        if (mode == 0) return q == 0 ? bytes("") : _bad(QUANTITY, q, 0);
        if (mode == 3) return q <= used ? bytes("") : _bad(QUANTITY, q, used);
        if (q < used) return _bad(QUANTITY, q, used);
        return q <= MILLION ? bytes("") : _bad(QUANTITY, q, MILLION);
    }

    /// @dev Step 13: exactly 65 bytes for each signature that is needed.
    function _checkSignatures(bytes calldata signatures, Act memory act) private view returns (bytes memory reason) {
        uint256 needed = act.rule.flagged(RuleWord.FLAG_CRITICAL) ? act.actor.threshold() : 1;
        uint256 actor = act.terms.actor();
        if (signatures.length != needed * Signatures.LENGTH) {
            return Refusal.encode(SignaturesRefused.selector, actor, signatures.length / Signatures.LENGTH, needed);
        }
        (reason, act.signers,) = _recover(Needed(actor, needed, act.rule.scope(), address(0)), act.digest, signatures);
    }

    /// @dev Steps 14 and 15: what may happen once only, and the counters.
    function _checkOnce(SignedAction calldata action, Act memory act) private view returns (bytes memory) {
        Rule r = act.rule;
        if (r.has(RuleWord.CLAIM)) {
            act.claim = Hashes.words(
                act.terms.kind() >> 8, act.terms.actor(), uint256(action.documentReference)
            );
            bytes32 taken = claims[act.claim];
            if (taken != 0) return Refusal.encode(NumberTaken.selector, uint256(act.claim), uint256(taken));
        }
        if (r.flagged(RuleWord.FLAG_NOTE)) {
            return noted[act.digest] ? Refusal.encode(NoteRepeated.selector, uint256(act.digest)) : bytes("");
        }
        bool renews = r.has(RuleWord.NEW_CONTENT) && !r.has(RuleWord.CREATE);
        if (renews && act.control.version() == type(uint16).max) {
            return Refusal.encode(CounterFull.selector, uint256(action.document), VERSION);
        }
        if (act.control.sequence() == type(uint24).max) {
            return Refusal.encode(CounterFull.selector, uint256(action.document), SEQUENCE);
        }
        return "";
    }

    /// @dev Writes a checked act: effects, storage, head, event. Returns the new head of the log it stands in.
    function _write(SignedAction calldata action, Act memory act) private returns (bytes32 newHead) {
        if (act.rule.flagged(RuleWord.FLAG_NOTE)) return _writeNote(action, act);
        Control c = _effects(action.document, act);
        newHead = Hashes.entry(act.head, act.digest, Control.unwrap(c), act.signers);
        Record storage record = _records[action.document];
        record.control = Control.unwrap(c);
        record.head = newHead;
        if (act.claim != 0) claims[act.claim] = action.document;
        _emit(ActionApplied.selector, action, act.digest, newHead, c);
    }

    function _writeNote(SignedAction calldata action, Act memory act) private returns (bytes32 newHead) {
        bytes32 result = Hashes.words(uint256(act.head), Control.unwrap(act.control));
        newHead = Hashes.entry(notesHead[action.document], act.digest, uint256(result), act.signers);
        notesHead[action.document] = newHead;
        noted[act.digest] = true;
        _emit(NoteApplied.selector, action, act.digest, newHead, act.control);
    }

    /// @dev ActionApplied or NoteApplied: the same words, most of them straight from calldata. By hand, because the
    /// compiler's encoder, twice, is dearer in gas and in code than an act can afford.
    // See the comment above.
    // slither-disable-next-line assembly
    function _emit(bytes32 topic, SignedAction calldata action, bytes32 digest, bytes32 newHead, Control c) private {
        bytes calldata signatures = action.signatures;
        assembly ("memory-safe") {
            let data := mload(0x40)
            let length := signatures.length
            mstore(data, newHead)
            mstore(add(data, 0x20), c)
            mstore(add(data, 0x40), calldataload(add(action, 0xa0))) // terms
            calldatacopy(add(data, 0x60), add(action, 0x40), 0x60) // content, documentReference, detail
            mstore(add(data, 0xc0), 0xe0) // where the signatures begin
            mstore(add(data, 0xe0), length)
            calldatacopy(add(data, 0x100), signatures.offset, length)
            mstore(add(add(data, 0x100), length), 0) // padding
            log3(data, add(0x100, and(add(length, 31), not(31))), topic, calldataload(action), digest)
        }
    }

    /// @dev The row's effects, in the order of docs/protocol; the extension is written where a row secures or releases.
    // One line per effect.
    // slither-disable-next-line cyclomatic-complexity
    function _effects(bytes32 document, Act memory act) private returns (Control c) {
        Terms t = act.terms;
        uint256 effects = act.rule.effects();
        c = act.control;
        if (effects & RuleWord.CREATE != 0) {
            c = ControlWord.created(t.actor(), t.kind());
        }
        if (effects & RuleWord.ISSUER_IS_COUNTERPARTY != 0) c = c.withIssuer(t.counterparty());
        if (effects & (RuleWord.NEW_CONTENT | RuleWord.CREATE) == RuleWord.NEW_CONTENT) c = c.withNextVersion();
        if (effects & RuleWord.TAKE != 0) {
            if (c.offeredEndorsee() != 0) c = c.withEndorsee(c.offeredEndorsee());
            c = c.withPossessor(c.offeree()).withOffer(0, 0);
        }
        if (effects & RuleWord.CLEAR != 0) c = c.withOffer(0, 0);
        if (effects & RuleWord.RESERVE_RETURN != 0) c = c.withOffer(c.possessor(), c.offeredEndorsee());
        if (effects & RuleWord.OFFER != 0) c = c.withOffer(t.counterparty(), t.endorsee());
        if (effects & RuleWord.ENDORSE != 0) c = c.withEndorsee(t.endorsee());
        if (effects & RuleWord.TO_ISSUER != 0) c = c.withPossessor(c.issuer());
        if (effects & RuleWord.USE != 0) c = c.withUsed(t.quantity());
        if (effects & RuleWord.SECURE != 0) {
            c = c.withFlags(ControlWord.SECURED);
            _secure(document, t.counterparty());
        }
        if (effects & RuleWord.RELEASE != 0) {
            c = c.withFlags(0);
            _secure(document, 0);
        }
        c = c.advanced(act.rule.next());
    }

    function _secure(bytes32 document, uint256 party_) private {
        extension[document] = (extension[document] & ~uint256(type(uint32).max)) | party_;
    }

    /// @dev The typed-data digest of an act, with the stored hash of its words (0 when the kind knows no such verb).
    // Hashes the fifteen words where they stand, without the copy that abi.encode makes.
    // slither-disable-next-line assembly
    function _digest(SignedAction calldata action, Terms t, bytes32 separator) private view returns (bytes32) {
        uint256[15] memory w;
        w[0] = uint256(Hashes.ACTION_TYPE);
        w[1] = uint256(intents[(uint256(t.kind()) << 8) | t.verb()]);
        w[2] = uint256(action.document);
        w[3] = uint256(action.previous);
        w[4] = uint256(action.content);
        w[5] = uint256(action.documentReference);
        w[6] = uint256(action.detail);
        w[7] = t.kind();
        w[8] = t.verb();
        w[9] = t.actor();
        w[10] = t.epoch();
        w[11] = t.counterparty();
        w[12] = t.endorsee();
        w[13] = t.quantity();
        w[14] = t.deadline();
        bytes32 structHash;
        assembly ("memory-safe") {
            structHash := keccak256(w, 480)
        }
        return Hashes.typed(separator, structHash);
    }

    // ---- kinds -------------------------------------------------------------------------------------------------

    /// @inheritdoc IDocumentLedger
    function defineKind(
        uint16 kind,
        bytes32 fileDigest,
        uint256[] calldata keys,
        uint256[] calldata words,
        uint8[] calldata verbs,
        bytes32[] calldata intentHashes
    ) external {
        _checkPower(GOVERNOR);
        if (kindDigest[kind] != 0) revert KindSealed(kind);
        _checkTable(keys, words, verbs, intentHashes);
        for (uint256 i = 0; i < verbs.length; ++i) {
            intents[(uint256(kind) << 8) | verbs[i]] = intentHashes[i];
        }
        _storeRows(kind, keys, words);
        bytes32 digest = Hashes.words(
            uint256(fileDigest), uint256(keccak256(abi.encode(keys, words, verbs, intentHashes)))
        );
        kindDigest[kind] = digest;
        emit KindDefined(kind, digest, fileDigest, _logConsortium(kind, digest, _callDigest()), msg.sender, msg.data);
    }

    function _badKind(uint256 key, uint256 why) private pure {
        revert BadKind(key, uint8(why));
    }

    function _storeRows(uint256 kind, uint256[] calldata keys, uint256[] calldata words) private {
        uint256 live = 0;
        for (uint256 i = 0; i < keys.length; ++i) {
            Kinds.check(keys[i], Rule.wrap(words[i]));
            rules[(kind << 16) | keys[i]] = words[i];
            live |= 1 << (keys[i] >> 8);
        }
        liveStates[uint16(kind)] = live;
    }

    /// @dev Keys and verbs ascend strictly; every verb of a row has its words, and all words a row.
    function _checkTable(
        uint256[] calldata keys,
        uint256[] calldata words,
        uint8[] calldata verbs,
        bytes32[] calldata intentHashes
    ) private pure {
        if (keys.length == 0 || words.length != keys.length) _badKind(0, Kinds.ORDER);
        uint256 last = 0;
        uint256 used = 0;
        for (uint256 i = 0; i < keys.length; ++i) {
            uint256 key = keys[i];
            // Verb 0 is never given, so that the first key is above 0 too.
            if (key <= last || key > type(uint16).max) _badKind(key, Kinds.ORDER);
            last = key;
            used |= 1 << (key & 0xff);
        }
        if (verbs.length != intentHashes.length) _badKind(0, Kinds.VERBS);
        last = 0;
        for (uint256 i = 0; i < verbs.length; ++i) {
            uint256 verb = verbs[i];
            if (verb <= last) _badKind(verb, Kinds.VERBS);
            last = verb;
            used ^= 1 << verb;
        }
        // What is left are verbs of rows without words, and words without rows.
        if (used != 0) _badKind(0, Kinds.VERBS);
    }

    // ---- freeze ------------------------------------------------------------------------------------------------

    /// @inheritdoc IDocumentLedger
    function freeze(bytes32 document, uint40 until, bytes32 reason) external {
        uint256 stored = _frozenUntil(document);
        bool renewal = stored != 0 && msg.sender == governor;
        if (!renewal) _checkPower(GUARDIAN);
        Control c = Control.wrap(_records[document].control);
        if (!c.exists() || (liveStates[uint16(c.kind())] >> c.state()) & 1 == 0) revert NoRecord(document);
        if (!renewal && stored != 0 && block.timestamp < stored + PAUSE) _notReady(stored + PAUSE);
        _checkUntil(until, stored);

        c = c.withFlags(c.flags() | ControlWord.FROZEN);
        bytes32 newHead;
        bytes32 digest = Hashes.words(uint256(keccak256("FREEZE")), uint256(document), until, uint256(reason));
        (c, newHead) = _mark(document, c, digest, until);
        emit Frozen(document, newHead, Control.unwrap(c), until, reason, msg.sender);
    }

    /// @inheritdoc IDocumentLedger
    function unfreeze(bytes32 document) external {
        if (msg.sender != governor) _checkPower(GUARDIAN);
        Control c = Control.wrap(_records[document].control);
        if (!c.exists()) revert NoRecord(document);
        if (c.flags() & ControlWord.FROZEN == 0 || _frozenUntil(document) <= block.timestamp) {
            _badParameter(ALREADY, 0, 1);
        }

        // The bit stays; with the end set to now it no longer stops anything, and the next act clears it.
        bytes32 digest = Hashes.words(uint256(keccak256("UNFREEZE")), uint256(document), 0, 0);
        bytes32 newHead;
        (c, newHead) = _mark(document, c, digest, block.timestamp);
        emit Unfrozen(document, newHead, Control.unwrap(c), msg.sender);
    }

    /// @dev An entry of a power in a record's own log: the next sequence, a new head, the end of the freeze.
    function _mark(bytes32 document, Control c, bytes32 digest, uint256 frozenUntil)
        private
        returns (Control, bytes32 newHead)
    {
        if (c.sequence() == type(uint24).max) revert CounterFull(document, uint8(SEQUENCE));
        c = c.withNextSequence();
        Record storage record = _records[document];
        newHead = Hashes.entry(record.head, digest, Control.unwrap(c), Hashes.one(msg.sender));
        record.control = Control.unwrap(c);
        record.head = newHead;
        extension[document] = uint32(extension[document]) | (frozenUntil << 32);
        ledgerHead = Hashes.chain(ledgerHead, newHead);
        return (c, newHead);
    }

    function _frozenUntil(bytes32 document) private view returns (uint256) {
        return uint40(extension[document] >> 32);
    }

    // ---- views -------------------------------------------------------------------------------------------------

    /// @inheritdoc IDocumentLedger
    function control(bytes32 document) external view returns (uint256) {
        return _records[document].control;
    }

    /// @inheritdoc IDocumentLedger
    function head(bytes32 document) external view returns (bytes32) {
        return _records[document].head;
    }
}

// slither-disable-end incorrect-equality
// slither-disable-end timestamp
