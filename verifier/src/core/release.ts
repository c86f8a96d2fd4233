// What comes with this release: its contract's code and the digests of its kinds. The values are read from the repository
// when the verifier is built (build.mjs), so that they can be no other than the ones that are shipped.

import { type Hex, fromHex, wordHex } from "./bytes.ts";
import { keccak } from "./hashing.ts";
import type { Domain } from "./typed_data.ts";

declare const RELEASE_RUNTIME: Hex;
declare const RELEASE_IMMUTABLES: readonly (readonly [offset: number, length: number, name: string])[];
declare const RELEASE_KINDS: readonly Hex[];
declare const RELEASE_VERSION: string;

export const VERSION: string = RELEASE_VERSION;
/** kindDigests of the kinds of this release. */
export const SHIPPED_KINDS: ReadonlySet<Hex> = new Set(RELEASE_KINDS);

/** keccak256 of this release's contract as it stands deployed at `domain`, its immutable words filled in. */
export function releaseCodeDigest(domain: Domain): Hex {
  const code = fromHex(RELEASE_RUNTIME);
  const words: Record<string, Hex> = { salt: domain.salt, SEPARATOR: domain.separator, CHAIN: wordHex(domain.chainId) };
  for (const [offset, length, name] of RELEASE_IMMUTABLES) {
    const word = fromHex(words[name]!);
    code.set(word.subarray(32 - length), offset);
  }
  return keccak(code);
}
