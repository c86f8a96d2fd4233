// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {Hashes} from "./libraries/Hashes.sol";
import {Refusal} from "./libraries/Refusal.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Account, AccountWord} from "./types/Account.sol";
import {Change, ChangeWord} from "./types/Change.sol";
import {Party, PartyWord} from "./types/Party.sol";

// Deadlines, delays, freezes and suspensions are measured in days by the block's time, which a validator may shift by
// seconds; every value that was read beside a time counts as tainted, hence the strict equalities.
// slither-disable-start timestamp
// slither-disable-start incorrect-equality

/// @title Parties and keys: who may sign for whom, and how that may change.
/// @dev Every function reads: guard, effect, write, event. Time is the block's: a validator may shift it by seconds,
/// and every delay here is of days.
/// Storage (one slot each unless said):
///   0 _parties        uint32 -> Party
///   1 _accounts       address -> Account
///   2 profile         uint32 -> SHA-256 of the profile
///   3 encryptionKey   uint32 -> SHA-256 of the raw public key
///   4 partyHead       uint32 -> running hash of the party's log; party 0 = the consortium
///   5 partyNonce      uint32 -> the nonce of the party's next act
///   6 changes         changeId -> Waiting (two slots: type Change; value)
///   7 openChange      party << 16 | source << 8 | what -> changeId
///   8 pending         power -> address 160 | readyAt 40
///   9 ledgerHead
///  10 governor 160 | lastParty 32
///  11 registrar
///  12 guardian
abstract contract PartyRegistry is IPartyRegistry {
    uint256 internal constant ADD_ACCOUNT = 1;
    uint256 internal constant REMOVE_ACCOUNT = 2;
    uint256 internal constant SET_THRESHOLD = 3;
    uint256 internal constant SET_PROFILE = 4;
    uint256 internal constant ROTATE_ENCRYPTION_KEY = 5;
    uint256 internal constant BUMP_EPOCH = 6;
    uint256 internal constant LOCK = 7;
    uint256 internal constant UNLOCK = 8;
    uint256 internal constant BAR_RECOVERY = 9;
    uint256 internal constant UNBAR_RECOVERY = 10;
    uint256 internal constant SET_ROLES = 11;

    uint256 internal constant GOVERNOR = 1;
    uint256 internal constant REGISTRAR = 2;
    uint256 internal constant GUARDIAN = 3;

    uint256 internal constant LISTS = 16;
    uint256 internal constant THRESHOLD = 17;
    uint256 internal constant BARRED = 18;
    uint256 internal constant SCOPE = 19;
    uint256 internal constant WHAT = 20;
    uint256 internal constant VALUE = 21;
    uint256 internal constant UNTIL = 22;
    uint256 internal constant ALREADY = 23;
    uint256 internal constant ORDER_DIGEST = 24;
    uint256 internal constant ADDRESS = 25;

    uint256 internal constant MAX_ACCOUNTS = 15;
    /// @dev Full accounts that a party may have at a time: far from what the party's word has room for.
    uint256 internal constant MAX_FULL = 255;
    /// @dev Bytes of a call that goes into a party's log: room for a registration of 15 accounts (3,748).
    uint256 internal constant MAX_CALL = 4096;
    uint256 internal constant MAX_AHEAD = 30 days;
    uint256 internal constant PAUSE = 90 days;

    /// @dev hash(consortium name, genesis hash, deployer's random): keeps test chains and forks apart.
    bytes32 public immutable salt;
    bytes32 private immutable SEPARATOR;
    uint256 private immutable CHAIN;

    struct Appointment {
        address account;
        uint40 readyAt;
    }

    /// @dev What signatures must be: how many (for the error), by whose accounts, of which scope.
    struct Needed {
        uint256 party;
        uint256 count;
        uint256 mask;
        address exempt;
    }

    mapping(uint256 => Party) internal _parties;
    mapping(address => Account) internal _accounts;
    mapping(uint32 => bytes32) public profile;
    mapping(uint32 => bytes32) public encryptionKey;
    mapping(uint32 => bytes32) public partyHead;
    mapping(uint32 => uint32) public partyNonce;
    mapping(bytes32 => Waiting) public changes;
    mapping(uint256 => bytes32) public openChange;
    mapping(uint8 => Appointment) public pending;
    bytes32 public ledgerHead;
    address public governor;
    uint32 public lastParty;
    address public registrar;
    address public guardian;

    constructor(address governor_, address registrar_, address guardian_, bytes32 salt_) {
        // Each is compared with those before it; the unset ones are zero, which is refused as well.
        _checkAppointee(governor_);
        governor = governor_;
        _checkAppointee(registrar_);
        registrar = registrar_;
        _checkAppointee(guardian_);
        guardian = guardian_;
        salt = salt_;
        CHAIN = block.chainid;
        SEPARATOR = _separator(salt_);
    }

    // ---- parties -----------------------------------------------------------------------------------------------

    /// @inheritdoc IPartyRegistry
    function register(Registration calldata r) external returns (uint32 id) {
        _checkPower(REGISTRAR);
        uint256 full = _checkRegistration(r);
        id = lastParty + 1;

        lastParty = id;
        _addAll(id, r);
        Party word = Party.wrap(r.roles).withEpoch(1).withThreshold(r.threshold).withAccounts(full)
            .withRecoveryBarred(r.recoveryBarred ? 1 : 0);
        profile[uint32(id)] = r.profile;
        encryptionKey[uint32(id)] = r.encryptionKey;
        _logCall(id, word, Account.wrap(0), Hashes.one(msg.sender));
    }

    function _checkRegistration(Registration calldata r) private pure returns (uint256 full) {
        uint256 count = r.accounts.length;
        if (count > MAX_ACCOUNTS) revert TooLong(count, MAX_ACCOUNTS);
        if (r.scopes.length != count) _badParameter(LISTS, r.scopes.length, count);
        if (r.consents.length != count) _badParameter(LISTS, r.consents.length, count);
        for (uint256 i = 0; i < count; ++i) {
            if (r.scopes[i] == AccountWord.FULL) ++full;
        }
        if (r.threshold == 0 || r.threshold > full) _badParameter(THRESHOLD, r.threshold, full);
        if (r.recoveryBarred && (full < 3 || r.threshold < 2)) _badParameter(BARRED, 1, 0);
    }

    function _addAll(uint256 id, Registration calldata r) private {
        bytes32 registration = keccak256(
            abi.encode(r.profile, r.roles, r.encryptionKey, r.threshold, r.recoveryBarred, r.accounts, r.scopes)
        );
        for (uint256 i = 0; i < r.accounts.length; ++i) {
            if (r.scopes[i] == 0) _badParameter(SCOPE, 0, 0);
            if (r.accounts[i] == address(0)) revert AccountTaken(address(0));
            _addAccount(id, r.accounts[i], r.scopes[i], registration, r.consents[i]);
        }
    }

    /// @inheritdoc IPartyRegistry
    function partyAct(SignedPartyAction calldata act) external {
        uint256 id = act.party;
        Party word = _parties[id];
        _checkAct(act, word);
        bytes32 digest = _actDigest(act, word);
        (uint256 count, bytes32 signers, address first) = _actSigners(act, word, digest);
        (bool now_, uint256 delay) = _urgency(act, word, count, first);

        partyNonce[uint32(id)] += 1;
        Account touched = Account.wrap(0);
        if (now_) {
            if (act.what == SET_PROFILE) _close(id, openChange[_place(id, ChangeWord.BY_REGISTRAR, SET_PROFILE)]);
            (word, touched) = _effect(id, word, act.what, act.value, digest, act.consent);
            if (act.what == UNLOCK) _closeUnlock(id);
            // What was half signed under the old threshold stays half signed.
            if (act.what == UNLOCK || act.what == SET_THRESHOLD) word = word.withEpoch(word.epoch() + 1);
        } else {
            _open(id, ChangeWord.BY_PARTY, act.what, act.value, delay);
        }
        _log(id, word, digest, touched, signers);
    }

    /// @dev Everything but the signatures.
    // One line per rule.
    // slither-disable-next-line cyclomatic-complexity
    function _checkAct(SignedPartyAction calldata act, Party word) private view {
        uint256 what = act.what;
        if (!word.registered()) _partyInactive(act.party, PartyWord.NOT_REGISTERED);
        if (what == 0 || what > UNBAR_RECOVERY) _badParameter(WHAT, what, UNBAR_RECOVERY);
        if (act.deadline < block.timestamp) revert Expired(act.deadline, block.timestamp);
        uint256 latest = block.timestamp + MAX_AHEAD;
        if (act.deadline > latest) revert DeadlineTooFar(act.deadline, latest);
        if (what != LOCK && what != UNLOCK && what != BUMP_EPOCH && what != REMOVE_ACCOUNT) {
            uint256 why = word.inactive();
            if (why != 0) _partyInactive(act.party, why);
        }
        _checkValue(what, act.value);
        _checkPossible(act.party, word, what, act.value);
        if (what == LOCK && word.locked()) _partyInactive(act.party, PartyWord.LOCKED);
        if (what == BAR_RECOVERY) {
            if (word.accounts() < 3 || word.threshold() < 2) _badParameter(BARRED, word.accounts(), 3);
            if (word.recoveryBarred()) _badParameter(ALREADY, 1, 0);
        }
        if (what == SET_PROFILE) _checkProposed(act.party, act.value);
    }

    /// @dev A profile is the registrar's word about a party: the party can only speed a proposal up.
    function _checkProposed(uint256 id, bytes32 value) private view {
        Waiting storage waiting = changes[openChange[_place(id, ChangeWord.BY_REGISTRAR, SET_PROFILE)]];
        if (waiting.value != value || !waiting.change.open()) _notReady(0);
    }

    function _actDigest(SignedPartyAction calldata act, Party word) private view returns (bytes32) {
        // The party's other acts do not move LOCK's nonce: who holds a stolen key cannot overtake it with one of them.
        uint256 nonce = act.what == LOCK ? word.unlocks() : partyNonce[act.party];
        return _typed(
            keccak256(
                abi.encode(
                    Hashes.PARTY_ACTION_TYPE, _actWords(act.what), act.party, nonce, act.what, act.value, act.deadline
                )
            )
        );
    }

    function _actWords(uint256 what) private pure returns (bytes32) {
        if (what == ADD_ACCOUNT) return keccak256("Party: ADD ACCOUNT");
        if (what == REMOVE_ACCOUNT) return keccak256("Party: REMOVE ACCOUNT");
        if (what == SET_THRESHOLD) return keccak256("Party: SET THRESHOLD");
        if (what == SET_PROFILE) return keccak256("Party: SET PROFILE");
        if (what == ROTATE_ENCRYPTION_KEY) return keccak256("Party: ROTATE ENCRYPTION KEY");
        if (what == BUMP_EPOCH) return keccak256("Party: BUMP EPOCH");
        if (what == LOCK) return keccak256("Party: LOCK");
        if (what == UNLOCK) return keccak256("Party: UNLOCK");
        if (what == BAR_RECOVERY) return keccak256("Party: BAR RECOVERY");
        return keccak256("Party: UNBAR RECOVERY");
    }

    function _actSigners(SignedPartyAction calldata act, Party word, bytes32 digest)
        private
        view
        returns (uint256 count, bytes32 signers, address first)
    {
        uint256 needed = _needed(act.what, word);
        uint256 length = act.signatures.length;
        count = length / Signatures.LENGTH;
        if (count == 0 || count > MAX_ACCOUNTS || length % Signatures.LENGTH != 0) {
            _signaturesRefused(act.party, count, needed);
        }
        uint256 mask = act.what == LOCK ? AccountWord.TITLE | AccountWord.ADMIN : AccountWord.ADMIN;
        // Who removes itself needs no scope.
        address exempt = act.what == REMOVE_ACCOUNT && count == 1 ? address(uint160(uint256(act.value))) : address(0);
        bytes memory reason;
        (reason, signers, first) = _recover(Needed(act.party, needed, mask, exempt), digest, act.signatures);
        Refusal.raise(reason);
    }

    /// @dev How many signatures make an act happen at once.
    function _needed(uint256 what, Party word) private pure returns (uint256) {
        uint256 threshold = word.threshold();
        if (what == LOCK) return 1;
        uint256 two = threshold < 2 ? 2 : threshold;
        if (what <= SET_THRESHOLD) return two;
        if (what == UNLOCK) return two < word.accounts() ? two : word.accounts();
        return threshold;
    }

    /// @return now_ whether the act happens at once
    /// @return delay if not, how long its change waits
    function _urgency(SignedPartyAction calldata act, Party word, uint256 count, address first)
        private
        pure
        returns (bool now_, uint256 delay)
    {
        uint256 what = act.what;
        uint256 needed = _needed(what, word);
        if (what == REMOVE_ACCOUNT && count == 1 && first == address(uint160(uint256(act.value)))) return (true, 0);
        if (count >= needed) return what == UNBAR_RECOVERY ? (false, 7 days) : (true, 0);
        if (count == 1 && what <= SET_THRESHOLD) return (false, 7 days);
        if (count == 1 && what == UNLOCK) return (false, 2 days);
        _signaturesRefused(act.party, count, needed);
    }

    // ---- changes that wait -------------------------------------------------------------------------------------

    /// @inheritdoc IPartyRegistry
    function propose(uint32 id, uint8 what, bytes32 value) external {
        _checkPower(REGISTRAR);
        Party word = _registered(id);
        if (what != ADD_ACCOUNT && what != SET_THRESHOLD && what != SET_PROFILE && what != SET_ROLES) {
            _badParameter(WHAT, what, 0);
        }
        _checkRecovery(id, word, what, value);

        _open(id, ChangeWord.BY_REGISTRAR, what, value, what == SET_ROLES ? 7 days : 14 days);
        _logCall(id, word, Account.wrap(0), Hashes.one(msg.sender));
    }

    /// @inheritdoc IPartyRegistry
    function order(uint32 id, uint8 what, bytes32 value, bytes32 orderDigest) external {
        _checkPower(GOVERNOR);
        Party word = _registered(id);
        if (what != ADD_ACCOUNT && what != SET_THRESHOLD && what != SET_ROLES) _badParameter(WHAT, what, 0);
        _checkValue(what, value);
        if (orderDigest == 0) _badParameter(ORDER_DIGEST, 0, 0);
        if (what != SET_ROLES) _checkRecovery(id, word, what, value);

        if (what == SET_ROLES) {
            word = word.withRoles(uint256(value));
        } else {
            uint256 end = _open(id, ChangeWord.BY_GOVERNOR, what, value, 30 days) + ChangeWord.WINDOW;
            if (end > word.suspendedUntil()) word = word.withSuspendedUntil(end);
        }
        _logCall(id, word, Account.wrap(0), Hashes.one(msg.sender));
    }

    /// @inheritdoc IPartyRegistry
    function cancelOrder(bytes32 changeId) external {
        _checkPower(GOVERNOR);
        Change change = changes[changeId].change;
        if (change.source() != ChangeWord.BY_GOVERNOR || !change.open()) _notReady(change.readyAt());
        uint256 id = change.party();

        changes[changeId].change = change.killed();
        delete openChange[_place(id, ChangeWord.BY_GOVERNOR, change.what())];
        Party word = _parties[id];
        // Another order's suspension goes on.
        if (word.suspendedUntil() > block.timestamp && !_anyOrdered(id)) {
            word = word.withSuspendedUntil(block.timestamp);
        }
        _logCall(id, word, Account.wrap(0), Hashes.one(msg.sender));
    }

    /// @inheritdoc IPartyRegistry
    function veto(bytes32 changeId, bytes calldata signature) external {
        Change change = changes[changeId].change;
        uint256 id = change.party();
        Party word = _parties[id];
        if (!_vetoable(changeId, change, word)) revert NotVetoable(changeId);
        bytes32 digest = _typed(
            Hashes.words(uint256(Hashes.VETO_TYPE), uint256(Hashes.VETO_WORDS), id, uint256(changeId))
        );
        address signer =
            signature.length == Signatures.LENGTH ? Signatures.signer(digest, signature, 0) : address(0);
        // Judged by the accounts of the moment of the proposal: who proposes cannot first take the vetoer away.
        Account a = _accounts[signer];
        uint256 proposedAt = change.proposedAt();
        if (
            signer == address(0) || a.party() != id || a.addedAt() > proposedAt
                || (a.removedAt() != 0 && proposedAt > a.removedAt())
        ) _signaturesRefused(id, 0, 1);
        uint256 mask = AccountWord.TITLE | AccountWord.ADMIN;
        if (a.scope() & mask == 0) revert ScopeMissing(signer, uint8(a.scope()), uint8(mask));

        changes[changeId].change = change.killed();
        emit ChangeVetoed(uint32(id), changeId);
        _log(id, word, digest, Account.wrap(0), Hashes.one(signer));
    }

    function _vetoable(bytes32 changeId, Change change, Party word) private view returns (bool) {
        if (!change.open() || change.source() == ChangeWord.BY_GOVERNOR) return false;
        return change.what() != SET_ROLES || word.roles() & ~uint64(uint256(changes[changeId].value)) != 0;
    }

    /// @inheritdoc IPartyRegistry
    function enact(bytes32 changeId, bytes calldata consent) external {
        Change change = changes[changeId].change;
        bytes32 value = changes[changeId].value;
        if (!change.open() || block.timestamp < change.readyAt()) _notReady(change.readyAt());
        uint256 id = change.party();
        uint256 what = change.what();
        Party word = _parties[id];
        if (word.recoveryBarred() && change.source() != ChangeWord.BY_PARTY && what != SET_ROLES) {
            _badParameter(BARRED, 1, 0);
        }
        _checkPossible(id, word, what, value);

        _close(id, changeId);
        Account touched;
        (word, touched) = _effect(id, word, what, value, changeId, consent);
        _logCall(id, word.withEpoch(word.epoch() + 1), touched, 0);
    }

    function _close(uint256 id, bytes32 changeId) private {
        changes[changeId].change = changes[changeId].change.killed();
        emit ChangeEnacted(uint32(id), changeId);
    }

    /// @dev An unlocking that still waits was about this lock: it may not open a later one.
    function _closeUnlock(uint256 id) private {
        bytes32 changeId = openChange[_place(id, ChangeWord.BY_PARTY, UNLOCK)];
        if (changes[changeId].change.open()) _close(id, changeId);
    }

    // ---- suspension --------------------------------------------------------------------------------------------

    /// @inheritdoc IPartyRegistry
    function suspend(uint32 id, uint40 until) external {
        if (msg.sender != governor) _checkPower(REGISTRAR);
        Party word = _registered(id);
        uint256 stored = word.suspendedUntil();
        if (msg.sender != governor && stored != 0 && block.timestamp < stored + PAUSE) {
            _notReady(stored + PAUSE);
        }
        _checkUntil(until, stored);

        _logCall(id, word.withSuspendedUntil(until), Account.wrap(0), Hashes.one(msg.sender));
    }

    /// @inheritdoc IPartyRegistry
    function reinstate(uint32 id) external {
        if (msg.sender != governor) _checkPower(REGISTRAR);
        Party word = _registered(id);
        if (word.suspendedUntil() <= block.timestamp) _badParameter(ALREADY, 0, 1);
        if (msg.sender != governor && _anyOrdered(id)) _powerMissing(GOVERNOR);

        _logCall(id, word.withSuspendedUntil(block.timestamp), Account.wrap(0), Hashes.one(msg.sender));
    }

    function _anyOrdered(uint256 id) private view returns (bool) {
        return _ordered(id, ADD_ACCOUNT) || _ordered(id, SET_THRESHOLD);
    }

    /// @dev Whether an order's suspension runs; also after the order was enacted.
    function _ordered(uint256 id, uint256 what) private view returns (bool) {
        bytes32 changeId = openChange[_place(id, ChangeWord.BY_GOVERNOR, what)];
        return block.timestamp <= changes[changeId].change.until();
    }

    // ---- powers ------------------------------------------------------------------------------------------------

    /// @inheritdoc IPartyRegistry
    function appoint(uint8 power, address account_) external {
        _checkPower(GOVERNOR);
        if (power == 0 || power > GUARDIAN) _badParameter(WHAT, power, GUARDIAN);
        _checkAppointee(account_);

        uint40 readyAt = uint40(block.timestamp + 7 days);
        pending[power] = Appointment(account_, readyAt);
        emit Appointed(power, account_, readyAt, _logConsortium(0, 0, _callDigest()), msg.sender);
    }

    /// @inheritdoc IPartyRegistry
    function accept(uint8 power) external {
        Appointment memory appointment = pending[power];
        if (msg.sender != appointment.account) _powerMissing(power);
        if (block.timestamp < appointment.readyAt) _notReady(appointment.readyAt);
        _checkAppointee(msg.sender);

        delete pending[power];
        if (power == GOVERNOR) governor = msg.sender;
        else if (power == REGISTRAR) registrar = msg.sender;
        else guardian = msg.sender;
        emit Appointed(power, msg.sender, 0, _logConsortium(0, 0, _callDigest()), msg.sender);
    }

    function _checkAppointee(address account_) private view {
        if (account_ == address(0) || account_ == governor || account_ == registrar || account_ == guardian) {
            _badParameter(ADDRESS, uint160(account_), 0);
        }
    }

    function _checkPower(uint256 power) internal view {
        address holder = power == GOVERNOR ? governor : power == REGISTRAR ? registrar : guardian;
        if (msg.sender != holder) _powerMissing(power);
    }

    // ---- refusals: functions, since each `revert` with arguments costs some fifty bytes of code ------------------

    function _badParameter(uint256 parameter, uint256 found, uint256 allowed) internal pure {
        revert BadParameter(uint8(parameter), found, allowed);
    }

    function _notReady(uint256 readyAt) internal pure {
        revert NotReady(uint40(readyAt));
    }

    function _signaturesRefused(uint256 id, uint256 given, uint256 needed) private pure {
        revert SignaturesRefused(uint32(id), given, needed);
    }

    function _partyInactive(uint256 id, uint256 why) private pure {
        revert PartyInactive(uint32(id), uint8(why));
    }

    function _powerMissing(uint256 power) internal view {
        revert PowerMissing(uint8(power), msg.sender);
    }

    // ---- rules shared by several -------------------------------------------------------------------------------

    function _registered(uint256 id) private view returns (Party word) {
        word = _parties[id];
        if (!word.registered()) _partyInactive(id, PartyWord.NOT_REGISTERED);
    }

    /// @dev Longer than it stands now, and at most 30 days ahead.
    function _checkUntil(uint256 until, uint256 stored) internal view {
        if (until <= block.timestamp || until <= stored || until > block.timestamp + MAX_AHEAD) {
            _badParameter(UNTIL, until, block.timestamp + MAX_AHEAD);
        }
    }

    /// @dev What a registrar's proposal and an order have in common.
    function _checkRecovery(uint256 id, Party word, uint256 what, bytes32 value) private view {
        _checkValue(what, value);
        if (word.recoveryBarred() && what <= SET_THRESHOLD) _badParameter(BARRED, 1, 0);
        _checkPossible(id, word, what, value);
    }

    /// @dev The form of a value, whatever the party.
    function _checkValue(uint256 what, bytes32 value) private pure {
        uint256 number = uint256(value);
        uint256 allowed = 0;
        bool good;
        if (what == ADD_ACCOUNT) good = uint160(number) != 0 && uint8(number >> 160) != 0 && number >> 168 == 0;
        else if (what == REMOVE_ACCOUNT) good = number >> 160 == 0;
        else if (what == SET_THRESHOLD) (good, allowed) = (number != 0 && number <= MAX_ACCOUNTS, MAX_ACCOUNTS);
        else if (what == SET_PROFILE || what == ROTATE_ENCRYPTION_KEY) good = number != 0;
        else if (what == SET_ROLES) good = number >> 64 == 0;
        else good = number == 0;
        if (!good) _badParameter(VALUE, number, allowed);
    }

    /// @dev Whether the change is possible as the party stands: asked when it is signed, and again when it is enacted.
    // One branch per matter.
    // slither-disable-next-line cyclomatic-complexity
    function _checkPossible(uint256 id, Party word, uint256 what, bytes32 value) private view {
        if (what == ADD_ACCOUNT) {
            address added = address(uint160(uint256(value)));
            if (_accounts[added].exists()) revert AccountTaken(added);
            if (uint8(uint256(value) >> 160) == AccountWord.FULL && word.accounts() >= MAX_FULL) {
                _badParameter(THRESHOLD, word.accounts() + 1, MAX_FULL);
            }
        } else if (what == REMOVE_ACCOUNT) {
            Account a = _accounts[address(uint160(uint256(value)))];
            if (!a.activeFor(id)) _badParameter(VALUE, uint256(value), 0);
            if (a.scope() == AccountWord.FULL && word.accounts() - 1 < word.threshold()) {
                _badParameter(THRESHOLD, word.accounts() - 1, word.threshold());
            }
        } else if (what == SET_THRESHOLD) {
            if (uint256(value) > word.accounts()) _badParameter(THRESHOLD, uint256(value), word.accounts());
        } else if (what == UNLOCK) {
            if (!word.locked()) _badParameter(ALREADY, 0, 1);
        } else if (what == UNBAR_RECOVERY) {
            if (!word.recoveryBarred()) _badParameter(ALREADY, 0, 1);
        }
    }

    /// @dev What a change does. Returns the party's new word and the word of the account it touched.
    // One branch per matter.
    // slither-disable-next-line cyclomatic-complexity
    function _effect(uint256 id, Party word, uint256 what, bytes32 value, bytes32 consentTo, bytes calldata consent)
        private
        returns (Party, Account touched)
    {
        uint256 number = uint256(value);
        address about = address(uint160(number));
        if (what == ADD_ACCOUNT) {
            touched = _addAccount(id, about, uint8(number >> 160), consentTo, consent);
            if (touched.scope() == AccountWord.FULL) word = word.withAccounts(word.accounts() + 1);
        } else if (what == REMOVE_ACCOUNT) {
            touched = _accounts[about].withRemovedAt(block.timestamp);
            _accounts[about] = touched;
            if (touched.scope() == AccountWord.FULL) word = word.withAccounts(word.accounts() - 1);
        } else if (what == SET_THRESHOLD) {
            word = word.withThreshold(number);
        } else if (what == SET_PROFILE) {
            profile[uint32(id)] = value;
        } else if (what == ROTATE_ENCRYPTION_KEY) {
            encryptionKey[uint32(id)] = value;
        } else if (what == BUMP_EPOCH) {
            word = word.withEpoch(word.epoch() + 1);
        } else if (what == LOCK) {
            word = word.withLocked(1);
        } else if (what == UNLOCK) {
            word = word.withLocked(0).withUnlocks(word.unlocks() + 1);
        } else if (what == BAR_RECOVERY) {
            word = word.withRecoveryBarred(1);
        } else if (what == UNBAR_RECOVERY) {
            word = word.withRecoveryBarred(0);
        } else {
            word = word.withRoles(number);
        }
        return (word, touched);
    }

    function _addAccount(uint256 id, address added, uint256 scope, bytes32 registration, bytes calldata consent)
        private
        returns (Account word)
    {
        if (_accounts[added].exists()) revert AccountTaken(added);
        bytes32 digest = _typed(
            Hashes.words(
                uint256(Hashes.CONSENT_TYPE),
                uint256(Hashes.CONSENT_WORDS),
                id,
                uint160(added),
                scope,
                uint256(registration)
            )
        );
        if (consent.length != Signatures.LENGTH || Signatures.signer(digest, consent, 0) != added) {
            revert BadConsent(added);
        }
        word = AccountWord.pack(id, block.timestamp, scope);
        _accounts[added] = word;
    }

    function _place(uint256 id, uint256 source, uint256 what) private pure returns (uint256) {
        return (uint256(id) << 16) | (uint256(source) << 8) | what;
    }

    /// @dev One open change per party, source and matter, so that nobody can keep another's place occupied.
    function _open(uint256 id, uint256 source, uint256 what, bytes32 value, uint256 delay)
        private
        returns (uint256 readyAt)
    {
        uint256 place = _place(id, source, what);
        bytes32 changeId = openChange[place];
        Change last = changes[changeId].change;
        if (last.open()) revert ChangeOpen(changeId, uint40(last.until()));
        changeId = Hashes.words(id, what, uint256(value), uint256(partyHead[uint32(id)]));
        readyAt = block.timestamp + delay;
        changes[changeId] = Waiting(ChangeWord.pack(id, what, source, block.timestamp, readyAt), value);
        openChange[place] = changeId;
        emit ChangeProposed(uint32(id), changeId, uint8(what), uint8(source), value, uint40(readyAt));
    }

    /// @dev Recovers ascending signers, all active accounts of the party whose scope meets the mask.
    /// @return reason the encoded refusal, empty when good
    /// @return signers the one address, or the hash of several, 20 bytes each
    function _recover(Needed memory need, bytes32 digest, bytes calldata signatures)
        internal
        view
        returns (bytes memory reason, bytes32 signers, address signer)
    {
        uint256 count = signatures.length / Signatures.LENGTH;
        if (count == 1) {
            (reason, signer) = _signerAt(need, digest, signatures, 0, address(0));
            return (reason, Hashes.one(signer), signer);
        }
        // Empty is meant.
        // slither-disable-next-line uninitialized-local
        bytes memory packed;
        for (uint256 i = 0; i < count; ++i) {
            (reason, signer) = _signerAt(need, digest, signatures, i, signer);
            if (reason.length != 0) return (reason, 0, signer);
            packed = bytes.concat(packed, bytes20(signer));
        }
        signers = keccak256(packed);
    }

    function _signerAt(Needed memory need, bytes32 digest, bytes calldata signatures, uint256 i, address last)
        private
        view
        returns (bytes memory reason, address signer)
    {
        signer = Signatures.signer(digest, signatures, i);
        Account a = _accounts[signer];
        if (signer <= last || !a.activeFor(need.party)) {
            reason = Refusal.encode(SignaturesRefused.selector, need.party, i, need.count);
        } else if (a.scope() & need.mask == 0 && signer != need.exempt) {
            reason = Refusal.encode(ScopeMissing.selector, uint160(signer), a.scope(), need.mask);
        }
    }

    // ---- logs --------------------------------------------------------------------------------------------------

    function _callDigest() internal pure returns (bytes32) {
        return Hashes.words(uint256(bytes32(msg.sig)), uint256(keccak256(msg.data[4:])));
    }

    function _logCall(uint256 id, Party word, Account touched, bytes32 signers) private {
        _log(id, word, _callDigest(), touched, signers);
    }

    /// @dev Writes the party's word and its log's head; the event carries all that the head is made of. Who carries a
    /// call could append anything to it, and every proof about the party would have to carry that for ever.
    function _log(uint256 id, Party word, bytes32 digest, Account touched, bytes32 signers) private {
        if (msg.data.length > MAX_CALL) revert TooLong(msg.data.length, MAX_CALL);
        bytes32 result = Hashes.words(
            Party.unwrap(word),
            uint256(profile[uint32(id)]),
            uint256(encryptionKey[uint32(id)]),
            Account.unwrap(touched)
        );
        bytes32 newHead = Hashes.entry(partyHead[uint32(id)], digest, uint256(result), signers);
        _parties[id] = word;
        partyHead[uint32(id)] = newHead;
        ledgerHead = Hashes.chain(ledgerHead, newHead);
        emit PartyChanged(
            uint32(id),
            digest,
            Party.unwrap(word),
            profile[uint32(id)],
            encryptionKey[uint32(id)],
            Account.unwrap(touched),
            signers,
            newHead,
            msg.data
        );
    }

    /// @dev An entry of log 0, by a power.
    function _logConsortium(uint256 kind, bytes32 kindDigest_, bytes32 digest) internal returns (bytes32 newHead) {
        bytes32 result = Hashes.words(
            uint160(governor), uint160(registrar), uint160(guardian), kind, uint256(kindDigest_)
        );
        newHead = Hashes.entry(partyHead[0], digest, uint256(result), Hashes.one(msg.sender));
        partyHead[0] = newHead;
        ledgerHead = Hashes.chain(ledgerHead, newHead);
    }

    // ---- domain and views --------------------------------------------------------------------------------------

    function _typed(bytes32 structHash) internal view returns (bytes32) {
        return Hashes.typed(domainSeparator(), structHash);
    }

    /// @inheritdoc IPartyRegistry
    /// @dev Computed anew after a chain split, so that signatures of one side are none on the other.
    function domainSeparator() public view returns (bytes32) {
        return block.chainid == CHAIN ? SEPARATOR : _separator(salt);
    }

    function _separator(bytes32 salt_) private view returns (bytes32) {
        return Hashes.words(
            uint256(Hashes.DOMAIN_TYPE),
            uint256(keccak256("portledger")),
            uint256(keccak256("1")),
            block.chainid,
            uint160(address(this)),
            uint256(salt_)
        );
    }

    /// @inheritdoc IPartyRegistry
    function eip712Domain()
        external
        view
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (hex"1f", "portledger", "1", block.chainid, address(this), salt, new uint256[](0));
    }

    /// @inheritdoc IPartyRegistry
    function party(uint32 id) external view returns (uint256) {
        return Party.unwrap(_parties[id]);
    }

    /// @inheritdoc IPartyRegistry
    function account(address id) external view returns (uint256) {
        return Account.unwrap(_accounts[id]);
    }
}

// slither-disable-end incorrect-equality
// slither-disable-end timestamp
