import { expect, test } from "vitest";
import { verifyAccount } from "../../../tools/setup/docker-hub.ts";

const ALICE = { username: "alice", password: "pässword" };

test("the token service is asked once, for nothing, with the account in the header alone", async () => {
  const requests: Request[] = [];
  await verifyAccount(async (input, init) => {
    requests.push(new Request(input, init));
    return Response.json({ token: "t" });
  }, ALICE);
  expect(requests.map(({ url, method, redirect }) => [method, url, redirect])).toEqual([
    ["GET", "https://auth.docker.io/token?service=registry.docker.io", "manual"],
  ]);
  expect(requests[0]?.headers.get("authorization")).toBe("Basic YWxpY2U6cMOkc3N3b3Jk");
});

test.each([
  [200, { kind: "accepted" }],
  [401, { kind: "rejected" }],
  [403, { kind: "rejected" }],
  [429, { kind: "unknown", reason: "it asks to try again later (429)" }],
  [301, { kind: "unknown", reason: "auth.docker.io answered with status 301" }],
  [503, { kind: "unknown", reason: "auth.docker.io answered with status 503" }],
])("status %i", async (status, verdict) => {
  expect(await verifyAccount(async () => new Response("{}", { status }), ALICE)).toEqual(verdict);
});

test.each([
  [
    Object.assign(new TypeError("fetch failed"), { cause: { code: "ENOTFOUND" } }),
    "auth.docker.io cannot be reached (ENOTFOUND)",
  ],
  [new TypeError("fetch failed"), "auth.docker.io cannot be reached"],
  [new DOMException("late", "TimeoutError"), "auth.docker.io did not answer in time"],
])("%s", async (error, reason) => {
  const verdict = await verifyAccount(() => Promise.reject(error), ALICE);
  expect(verdict).toEqual({ kind: "unknown", reason });
});

test("the request has a deadline", async () => {
  let signal: AbortSignal | null | undefined;
  await verifyAccount(async (_, init) => {
    signal = init?.signal;
    return new Response("{}");
  }, ALICE);
  expect(signal).toBeInstanceOf(AbortSignal);
});
