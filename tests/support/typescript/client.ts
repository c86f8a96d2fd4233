// A client in TypeScript: twenty lines over fetch and the drawn types, as any system could write them.
//
// usage: node client.js URL TOKEN DOCUMENT
// Prints what it was told, as JSON, for tests/integration/gateway/test_typescript.py.

import type { ActionStatus, DocumentJson, Operations, Problem } from "../../../protocol/api/types";

interface Asked {
  path?: Record<string, string | number>;
  query?: Record<string, string | number | boolean>;
  body?: unknown;
}

class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

class Client {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  async call<K extends keyof Operations>(operation: K, asks: Operations[K]["asks"]): Promise<Operations[K]["gives"]> {
    const { path = {}, query = {}, body } = asks as Asked;
    const [method = "GET", template = "/"] = operation.split(" ");
    const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
    const asked = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const init: RequestInit = { method, headers: { authorization: `Bearer ${this.token}` } };
    if (body !== undefined) init.body = JSON.stringify(body);
    const answer = await fetch(`${this.url}${filled}?${asked}`, init);
    if (!answer.ok) throw new Refused((await answer.json()) as Problem);
    return (answer.status === 204 ? undefined : await answer.json()) as Operations[K]["gives"];
  }
}

async function main(url: string, token: string, document: string): Promise<void> {
  const client = new Client(url, token);
  const record: DocumentJson = await client.call("GET /v1/documents/{document}", { path: { document } });
  const { entries } = await client.call("GET /v1/documents/{document}/history", { path: { document } });
  const { items } = await client.call("GET /v1/documents", { query: { progress: "processing", limit: 200 } });
  const key = await client.call("POST /v1/api-keys", { body: { name: "from TypeScript", scopes: ["read"] } });
  await client.call("DELETE /v1/api-keys/{key}", { path: { key: key.id } });
  const status: ActionStatus = await client.call("GET /v1/actions/{digest}", {
    path: { digest: entries[0]?.digest ?? "" },
    query: { wait: "final", timeout: 10 },
  });
  const refused = await client.call("POST /v1/webhooks", { body: { url: "http://127.0.0.1/" } }).catch((error) => {
    if (error instanceof Refused) return error.problem.code;
    throw error;
  });
  const listed = items.some((one) => one.document === document);
  console.log(JSON.stringify({ head: record.head, listed, status: status.status, refused }));
}

const [url = "", token = "", document = ""] = process.argv.slice(2);
await main(url, token, document);
