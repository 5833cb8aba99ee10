import { describe, expect, test } from "vitest";
import { hostName } from "../../../tools/doctor/checks/host-name.ts";
import { LIMITS, latency } from "../../../tools/doctor/checks/latency.ts";
import { lock } from "../../../tools/doctor/checks/lock.ts";
import { privateImage } from "../../../tools/doctor/checks/private.ts";
import { tls } from "../../../tools/doctor/checks/tls.ts";
import { diagnoseConnection } from "../../../tools/doctor/diagnosis/connection.ts";
import { type Stage, Unanswered } from "../../../tools/doctor/http/reply.ts";
import { parseImage } from "../../../tools/doctor/image.ts";
import { parseTarget, type Target } from "../../../tools/doctor/target.ts";
import type { Visit } from "../../../tools/doctor/visit.ts";

/** What tests on loopback cannot have: a mirror with a public name. */
function visitTo(address: string, more: object = {}): Visit {
  return { target: targetOf(address), user: null, now: () => 0, ...more } as unknown as Visit;
}

function targetOf(address: string): Target {
  const target = parseTarget(address);
  if (target === null) throw new Error(address);
  return target;
}

describe("a host name", () => {
  test.each([
    ["https://docker.example.com", "docker"],
    ["https://ghcr-mirror.example.com", "ghcr"],
    ["https://hub.example.com", "hub"],
    ["https://dockerproxy.you.workers.dev", "docker"],
  ])("with a brand in it is warned of: %s", async (address, brand) => {
    const finding = await hostName.run(visitTo(address));

    expect(finding).toMatchObject({
      level: "warning",
      evidence: expect.stringContaining(`has "${brand}" in it`),
      remedy: expect.stringContaining("phishing"),
    });
  });

  test("without one is fine, and what workers.dev means is told", async () => {
    expect(await hostName.run(visitTo("https://mirror.example.com"))).toMatchObject({
      level: "ok",
    });
    expect(await hostName.run(visitTo("https://sampan.you.workers.dev"))).toMatchObject({
      level: "ok",
      evidence: expect.stringContaining("blocked in places"),
    });
  });
});

describe("without a lock", () => {
  const login = { scheme: async () => ({ kind: "open" }) };

  test("a public mirror is warned of", async () => {
    expect(await lock.run(visitTo("https://mirror.example.com", { login }))).toMatchObject({
      level: "warning",
      evidence: expect.stringMatching(/^open: whoever finds the address/),
      remedy: expect.stringContaining("ACCESS_PATHS"),
    });
  });

  test("one on loopback is not", async () => {
    expect(await lock.run(visitTo("http://localhost:8787", { login }))).toMatchObject({
      level: "ok",
    });
  });
});

describe("without TLS", () => {
  const connection = async () => ({ tls: null });

  test("a public mirror is warned of, since Docker does not take it by itself", async () => {
    expect(await tls.run(visitTo("http://mirror.example.com", { connection }))).toMatchObject({
      level: "warning",
      remedy: expect.stringContaining("use https://mirror.example.com"),
    });
  });

  test("a secret or a login is given away", async () => {
    const secret = visitTo("http://mirror.example.com/0123456789abcdef", { connection });
    const user = visitTo("http://mirror.example.com", {
      connection,
      user: { name: "a", token: "b" },
    });

    expect(await tls.run(secret)).toMatchObject({ level: "failure" });
    expect(await tls.run(user)).toMatchObject({ level: "failure" });
  });
});

describe("a private image that is given away", () => {
  const asked = (status: number) => ({
    ask: async () => ({ status }),
    login: { scheme: async () => ({ kind: "open" }), anonymous: async () => null },
    privateImage: parseImage("me/mine"),
  });

  test("by an open mirror is a failure", async () => {
    const finding = await privateImage.run(visitTo("https://mirror.example.com", asked(200)));

    expect(finding).toMatchObject({
      level: "failure",
      evidence: "me/mine is given to everybody",
      remedy: expect.stringContaining('PRIVATE_IMAGES to "check"'),
    });
  });

  test("cannot be told from a failing upstream", async () => {
    const finding = await privateImage.run(visitTo("https://mirror.example.com", asked(502)));

    expect(finding).toMatchObject({ level: "warning", evidence: "me/mine is answered 502" });
  });
});

describe("a slow way", () => {
  const reply = (ms: number, bytes = 0) => ({
    firstByteMs: ms,
    totalMs: ms,
    bytes: new Uint8Array(bytes),
  });
  const visit = (firstByteMs: number, layer: object | null) =>
    visitTo("https://mirror.example.com", {
      image: parseImage("busybox"),
      tag: async () => reply(1),
      ask: async () => reply(firstByteMs),
      layer: async () => layer,
      limits: LIMITS,
    });

  test("to the first byte is warned of", async () => {
    expect(await latency.run(visit(1600, null))).toMatchObject({
      level: "warning",
      evidence: "/v2/ 1600 ms, HEAD 1600 ms",
      remedy: expect.stringContaining("slow from here"),
    });
  });

  test("for a layer is warned of", async () => {
    expect(await latency.run(visit(20, reply(10_000, 1024 * 1024)))).toMatchObject({
      level: "warning",
      evidence: "/v2/ 20 ms, HEAD 20 ms, a layer at 102.4 KiB/s",
    });
  });

  test("begins past a second and a half, and below a quarter of a MiB in a second", async () => {
    const just = visit(1500, reply(4000, 1024 * 1024));
    expect(await latency.run(just)).toMatchObject({ level: "ok" });
    const slower = visit(1500, reply(4001, 1024 * 1024));
    expect(await latency.run(slower)).toMatchObject({ level: "warning" });
    const later = visit(1501, reply(4000, 1024 * 1024));
    expect(await latency.run(later)).toMatchObject({ level: "warning" });
  });

  test("is measured by other limits where they are given, as by every other test", async () => {
    const limits = { firstByteMs: Number.POSITIVE_INFINITY, bytesPerSecond: 0 };
    const slow = { ...visit(9000, reply(90_000, 1024 * 1024)), limits };
    expect(await latency.run(slow)).toMatchObject({ level: "ok" });
  });

  test("is not told by a small layer", async () => {
    expect(await latency.run(visit(20, reply(1000, 1000)))).toMatchObject({ level: "ok" });
  });
});

describe("a workers.dev address that cannot be connected to may be blocked", () => {
  test.each<[Stage, string]>([
    ["dns", "ENOTFOUND"],
    ["tcp", "TIMEOUT"],
    ["tcp", "ECONNREFUSED"],
    ["tls", "ECONNRESET"],
    ["tls", "ERR_TLS_CERT_ALTNAME_INVALID"],
  ])("%s %s", (stage, code) => {
    const error = new Unanswered(stage, Object.assign(new Error("x"), { code }));

    const there = diagnoseConnection(error, targetOf("https://sampan.you.workers.dev"));
    const own = diagnoseConnection(error, targetOf("https://mirror.example.com"));

    expect(there.remedy).toMatch(/^workers\.dev is blocked in places: put the mirror on a domain/);
    expect(own.remedy).not.toContain("workers.dev");
    expect(there.what.replaceAll("sampan.you.workers.dev", "mirror.example.com")).toBe(own.what);
  });
});

test("what several addresses have in common is why none of them was reached", () => {
  const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });

  expect(new Unanswered("tcp", new AggregateError([refused, refused])).code).toBe("ECONNREFUSED");
  expect(new Unanswered("tcp", "no error at all").code).toBe("UNKNOWN");
});
