import { expect } from "vitest";

/** An answer as far as it was received. */
interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** Headers that an answer may have; anything else came from somewhere by accident. */
const ALLOWED = new Set([
  "accept-ranges",
  "allow",
  "cache-control",
  "cache-status",
  "content-length",
  "content-range",
  "content-security-policy",
  "content-type",
  "cross-origin-resource-policy",
  "docker-content-digest",
  "docker-distribution-api-version",
  "etag",
  "link",
  "oci-filters-applied",
  "oci-namespace",
  "ratelimit-limit",
  "ratelimit-remaining",
  "retry-after",
  "strict-transport-security",
  "vary",
  "warning",
  "x-content-type-options",
]);

/** Tokens, signatures and passwords, which no answer and no log line may contain. */
const SECRETS = /stand-in\.|Signature=|Key-Pair|hunter2|c2FtcGFu|Bearer |Basic |cookie-of-a-client/;

/** What holds for every answer under `/v1/` and `/v2/`, whatever was asked. */
export function expectLawful(method: string, { status, headers, bytes }: Received): void {
  expect(strayHeaders(headers)).toEqual([]);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
  expect(headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
  expect(headers.get("docker-distribution-api-version")).toBe("registry/2.0");
  expect([401, 407].includes(status), `status ${status}`).toBe(false);
  expect(status >= 300 && status < 400 && status !== 304, `status ${status}`).toBe(false);
  if (method === "GET" || method === "HEAD") expect(status).not.toBe(405);
  if (method === "HEAD" || status === 304) expect(bytes.length).toBe(0);
  else if (headers.has("content-length")) {
    expect(headers.get("content-length")).toBe(String(bytes.length));
  }
  if (bytes.length > 0) expect(headers.get("cache-control")).toContain("no-transform");
  if (status >= 400) expectError(method, headers, bytes);
  expectNoSecret([...headers].join("\n"));
}

/** @returns the names of the headers that no answer may have. */
export function strayHeaders(headers: Headers): string[] {
  return [...headers.keys()].filter((name) => !ALLOWED.has(name));
}

export function expectNoSecret(text: string): void {
  expect(SECRETS.exec(text)?.[0] ?? null).toBeNull();
}

function expectError(method: string, headers: Headers, bytes: Uint8Array): void {
  expect(headers.get("content-type")).toBe("application/json");
  expect(headers.get("cache-control")).toContain("no-store");
  expect(Number(headers.get("content-length"))).toBeGreaterThan(50);
  if (method === "HEAD") return;
  const text = new TextDecoder().decode(bytes);
  expectNoSecret(text);
  expect(JSON.parse(text)).toEqual({
    errors: [
      {
        code: expect.stringMatching(/^[A-Z_]+$/),
        message: expect.stringMatching(/^[^\n]{10,}$/),
        detail: expect.anything(),
      },
    ],
  });
}
