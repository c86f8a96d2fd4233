// Where the ledger keeps what: storage slots of the contract (contracts/snapshots/storage.json).
// A mapping's word lies at keccak(key as a word | the mapping's own slot as a word).

import { type Hex, hexToBigInt, wordHex } from "./bytes.ts";
import { keccakWords } from "./hashing.ts";

const ACCOUNTS = 1;
const PARTY_HEADS = 4;
const RECORDS = 13;
const NOTES_HEADS = 14;
const KIND_DIGESTS = 18;
const CLAIMS = 19;
const EXTENSIONS = 20;

export const ledgerHead: Hex = wordHex(9);
export const account = (address: Hex): Hex => keccakWords(address, ACCOUNTS);
export const partyHead = (party: number): Hex => keccakWords(party, PARTY_HEADS);
export const control = (document: Hex): Hex => keccakWords(document, RECORDS);
/** The word after the record's control. */
export const head = (document: Hex): Hex => wordHex(BigInt.asUintN(256, hexToBigInt(control(document)) + 1n));
export const notesHead = (document: Hex): Hex => keccakWords(document, NOTES_HEADS);
export const kindDigest = (kind: number): Hex => keccakWords(kind, KIND_DIGESTS);
export const claim = (id: Hex): Hex => keccakWords(id, CLAIMS);
export const extension = (document: Hex): Hex => keccakWords(document, EXTENSIONS);
