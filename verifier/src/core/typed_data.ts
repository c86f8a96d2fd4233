// What wallets sign: EIP-712 digests (docs/protocol §1, §11). The type strings are written by hand here, in Python and in
// Solidity on purpose; protocol/vectors holds the three together.

import { type Hex, fromHex, wordHex } from "./bytes.ts";
import { keccak, keccakText, keccakWords } from "./hashing.ts";

const DOMAIN_TYPE = keccakText(
  "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)",
);
const ACTION_TYPE = keccakText(
  "Action(string intent,bytes32 document,bytes32 previous,bytes32 content,bytes32 documentReference,bytes32 detail," +
    "uint16 kind,uint8 verb,uint32 actor,uint32 epoch,uint32 counterparty,uint32 endorsee,uint24 quantity," +
    "uint40 deadline)",
);
const PARTY_ACTION_TYPE = keccakText(
  "PartyAction(string intent,uint32 party,uint32 nonce,uint8 what,bytes32 value,uint40 deadline)",
);
const VETO_TYPE = keccakText("Veto(string intent,uint32 party,bytes32 change)");
const CONSENT_TYPE = keccakText(
  "AccountConsent(string intent,uint32 party,address account,uint8 scope,bytes32 registration)",
);
const DISCLOSURE_TYPE = keccakText(
  "Disclosure(string intent,uint32 party,bytes32 document,bytes32 head,bytes32 disclosed,string audience," +
    "string purpose,uint40 createdAt,uint40 expiresAt)",
);
const NAME = keccakText("portledger");
const VERSION = keccakText("1");
const VETO_WORDS = keccakText("Party: VETO CHANGE");
const CONSENT_WORDS = keccakText("Party: CONSENT");
const DISCLOSE_WORDS = keccakText("Evidence: DISCLOSE");

/** One deployed ledger: what every signature for it is bound to. address: 40 hex, salt: 64 hex. */
export class Domain {
  readonly chainId: number;
  readonly address: Hex;
  readonly salt: Hex;
  readonly separator: Hex;

  constructor(chainId: number, address: Hex, salt: Hex) {
    this.chainId = chainId;
    this.address = address;
    this.salt = salt;
    this.separator = keccakWords(DOMAIN_TYPE, NAME, VERSION, chainId, address, salt);
  }

  digest(struct: Hex): Hex {
    return keccak(fromHex("1901" + this.separator + struct));
  }
}

export interface Action {
  readonly kind: number;
  readonly verb: number;
  readonly document: Hex;
  readonly previous: Hex;
  readonly content: Hex;
  readonly documentReference: Hex;
  readonly detail: Hex;
  readonly actor: number;
  readonly epoch: number;
  readonly counterparty: number;
  readonly endorsee: number;
  readonly quantity: number;
  readonly deadline: number;
}

/** intent: the hash of the words that the wallet shows. */
export function actionDigest(domain: Domain, action: Action, intent: Hex): Hex {
  return domain.digest(
    keccak(
      fromHex(
        ACTION_TYPE + intent + action.document + action.previous + action.content + action.documentReference +
          action.detail + wordHex(action.kind) + wordHex(action.verb) + wordHex(action.actor) + wordHex(action.epoch) +
          wordHex(action.counterparty) + wordHex(action.endorsee) + wordHex(action.quantity) + wordHex(action.deadline),
      ),
    ),
  );
}

/** words: hash of "Party: " and the name of `what`. value: 64 hex. */
export function partyActionDigest(
  domain: Domain, words: Hex, party: number, nonce: number, what: number, value: Hex, deadline: number,
): Hex {
  return domain.digest(keccakWords(PARTY_ACTION_TYPE, words, party, nonce, what, value, deadline));
}

export function vetoDigest(domain: Domain, party: number, change: Hex): Hex {
  return domain.digest(keccakWords(VETO_TYPE, VETO_WORDS, party, change));
}

export function consentDigest(domain: Domain, party: number, account: Hex, scope: number, registration: Hex): Hex {
  return domain.digest(keccakWords(CONSENT_TYPE, CONSENT_WORDS, party, account, scope, registration));
}

export interface Disclosure {
  readonly party: number;
  readonly document: Hex;
  readonly head: Hex;
  readonly disclosed: Hex;
  readonly audience: string;
  readonly purpose: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export function disclosureDigest(domain: Domain, one: Disclosure): Hex {
  return domain.digest(
    keccakWords(
      DISCLOSURE_TYPE, DISCLOSE_WORDS, one.party, one.document, one.head, one.disclosed,
      keccakText(one.audience), keccakText(one.purpose), one.createdAt, one.expiresAt,
    ),
  );
}

/** keccak256(abi.encode(uint16(kind >> 8), creator, documentReference)): the family, not the kind. Also a claim's id. */
export function documentId(family: number, party: number, documentReference: Hex): Hex {
  return keccakWords(family, party, documentReference);
}
