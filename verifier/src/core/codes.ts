// The protocol's names and numbers (docs/protocol §3, §11): never renumbered once a kind has been defined with them.

export const WHO = {
  issuer: 1, possessor: 2, addressee: 4, titleholder: 8, offeree: 16, secured: 32, role: 64, anyone: 128,
  named_endorsee: 256,
} as const;

export const EFFECT = {
  create: 1, issuer_is_counterparty: 2, offer: 4, take: 8, clear: 16, endorse: 32, to_issuer: 64, reserve_return: 128,
  new_content: 256, use: 512, claim: 1024, secure: 2048, release: 4096,
} as const;

export const FLAG = { all: 1, note: 2, critical: 4, locked_too: 8 } as const;

export const COUNTERPARTY = { none: 0, party: 1, endorsee: 2, possessor: 3, not_issuer: 4, offeree: 5 } as const;
export const ENDORSEE = {
  none: 0, party: 1, bearer: 2, if_titleholder: 3, as_offered: 4, party_or_bearer: 5, possessor: 6, none_party_or_bearer: 7,
} as const;
export const CONTENT = { none: 0, new: 1 } as const;
export const REFERENCE = { none: 0, set: 1 } as const;
export const DETAIL = { free: 0, must: 1 } as const;
/** grows: used <= quantity <= 1,000,000; shrinks: quantity <= used. */
export const QUANTITY = { zero: 0, grows: 1, shrinks: 3 } as const;

/** What an account may sign; a row's class is one of the first four. */
export const SCOPE = { filing: 1, issue: 2, title: 4, official: 8, admin: 128 } as const;

/** Business roles by the number of their bit. */
export const ROLES = [
  "carrier", "coastalFeeder", "shippingAgent", "roadTransport", "terminalOperator", "warehouseOperator", "customsBroker",
  "forwarder", "nvocc", "shipperOrConsignee", "bank", "insurer", "certifier", "customs", "auditor", "portAuthority",
  "platform", "vgmNotification", "vgmRegistration",
] as const;

export const PROGRESS = ["todo", "processing", "done", "cancelled"] as const;
export const RELATIONS = ["issuer", "possessor", "endorsee", "offeree"] as const;

/** `what` of a party's act or change; a wallet shows "Party: " and the name. */
export const PARTY_ACTS = [
  "", "ADD ACCOUNT", "REMOVE ACCOUNT", "SET THRESHOLD", "SET PROFILE", "ROTATE ENCRYPTION KEY", "BUMP EPOCH", "LOCK",
  "UNLOCK", "BAR RECOVERY", "UNBAR RECOVERY", "SET ROLES",
] as const;

export const GOVERNOR = 0;
export const REGISTRAR = 1;
export const GUARDIAN = 2;

export function roleBit(name: string): bigint | undefined {
  const bit = (ROLES as readonly string[]).indexOf(name);
  return bit < 0 ? undefined : 1n << BigInt(bit);
}

export function roleNames(mask: bigint): string[] {
  return ROLES.filter((_, bit) => (mask >> BigInt(bit)) & 1n);
}
