import { describe, expect, test } from "vitest";
import type { Reply } from "../../../tools/doctor/http/client.ts";
import type { Session } from "../../../tools/doctor/session.ts";
import { createPlainHttpCheck } from "../../../tools/drill/checks.ts";

function replyOf(status: number, headers: Record<string, string> = {}): Reply {
  const url = new URL("http://mirror.example.com/v2/");
  const rest = { bytes: new Uint8Array(), received: 0, firstByteMs: 1, totalMs: 1 };
  return { method: "GET", url, status, headers: new Headers(headers), ...rest };
}

/** What the check finds at a mirror of this kind that answers so over plain http. */
async function check(reply: Reply | null, secret: string | null, kind = "open") {
  const origin = new URL("https://mirror.example.com");
  const session = { target: { origin, secret }, scheme: async () => ({ kind }) };
  const finding = await createPlainHttpCheck(async () => reply).run(session as unknown as Session);
  return `${finding?.level}: ${finding?.evidence}`;
}

describe("a locked mirror", () => {
  test.each([
    ["404, as for any unknown path", replyOf(404)],
    ["301 to https", replyOf(301, { location: "https://mirror.example.com/v2/" })],
    ["nothing answers over plain http", null],
  ])("may answer over plain http: %s", async (evidence, reply) => {
    expect(await check(reply, "0123456789abcdef")).toBe(`ok: ${evidence}`);
    expect(await check(reply, null, "basic")).toBe(`ok: ${evidence}`);
  });

  test.each([
    ["a challenge, to which clients send their login", replyOf(401)],
    ["the registry", replyOf(200)],
    ["a redirect to plain http", replyOf(302, { location: "http://mirror.example.com/" })],
  ])("must not answer over plain http with %s", async (_, reply) => {
    const expected = `failure: ${reply.status} for /v2/ over plain http, not 404`;
    expect(await check(reply, "0123456789abcdef")).toBe(expected);
    expect(await check(reply, null, "basic")).toBe(expected);
  });
});

test("an open mirror may answer over plain http", async () => {
  expect(await check(replyOf(200), null)).toBe("ok: 200; the mirror has no lock");
});
