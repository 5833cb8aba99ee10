import { describe, expect, test } from "vitest";
import { format } from "../../../tools/logs/format.ts";

const plain = (text: string) => text;
const none = { bold: plain, dim: plain, good: plain, bad: plain, warm: plain };
const marks = {
  bold: plain,
  dim: plain,
  good: (text: string) => `<good>${text}</good>`,
  bad: (text: string) => `<bad>${text}</bad>`,
  warm: (text: string) => `<warm>${text}</warm>`,
};

const at = Date.parse("2026-11-23T22:00:00.000Z");
const hit = {
  event: "request",
  time: "2026-11-23T22:00:00.000Z",
  method: "GET",
  client: "203.0.113.0/24",
  lock: "laptop",
  registry: "docker.io",
  image: "library/nginx",
  reference: "1.27",
  path: "/v2/library/nginx/manifests/1.27",
  status: 200,
  cache: "sampan; hit",
  bytes: 1234,
  ms: 12,
  upstreamRequests: 0,
};

function show(line: object, style = none): string {
  return format({ kind: "line", at, line: { ...hit, ...line } }, { style, timeZone: "UTC" });
}

test("a request is one line, in columns", () => {
  expect(show({})).toBe(
    "22:00:00  200  hit    GET   library/nginx:1.27                              1.2 KiB     12 ms   0 up  203.0.113.0/24  laptop",
  );
});

test("the time is the machine's own, in a zone that is given", () => {
  const entry = { kind: "line", at, line: hit } as const;

  expect(format(entry, { style: none, timeZone: "Asia/Shanghai" })).toMatch(/^06:00:00 {2}200/);
});

test("an error has its code, message and reason below it", () => {
  const line = {
    status: 429,
    cache: null,
    lock: null,
    error: "TOOMANYREQUESTS",
    message: "library/nginx:1.27: registry-1.docker.io says the pull quota is used up; wait",
    reason: "quota",
  };

  expect(show(line).split("\n")).toEqual([
    "22:00:00  429  -      GET   library/nginx:1.27                              1.2 KiB     12 ms   0 up  203.0.113.0/24",
    "          TOOMANYREQUESTS  library/nginx:1.27: registry-1.docker.io says the pull quota is used up; wait",
    "          reason: quota",
  ]);
});

describe("what was asked for", () => {
  const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
  test.each([
    [{}, "library/nginx:1.27"],
    [{ reference: digest, path: `/v2/x/manifests/${digest}` }, "library/nginx@0123456789ab"],
    [{ reference: digest, path: `/v2/x/blobs/${digest}` }, "library/nginx blob 0123456789ab"],
    [
      { reference: digest, path: `/v2/x/referrers/${digest}` },
      "library/nginx referrers 0123456789ab",
    ],
    [{ reference: null, path: "/v2/x/tags/list" }, "library/nginx tags"],
    [{ registry: "ghcr.io", image: "owner/app" }, "ghcr.io/owner/app:1.27"],
    [{ image: null, reference: null, path: "/v2/" }, "/v2/"],
    [{ image: null, path: `/v2/x/blobs/${digest}` }, "/v2/x/blobs/0123456789ab"],
    [{ image: null, reference: null, path: null }, "(not let in)"],
  ])("%j", (line, subject) => {
    expect(show(line).slice(28).split("   ")[0]).toBe(subject);
  });
});

describe("bytes and times are for people", () => {
  test.each([
    [{ bytes: null }, "       ?     12 ms"],
    [{ bytes: 0 }, "     0 B     12 ms"],
    [{ bytes: 1023 }, "  1023 B     12 ms"],
    [{ bytes: 5_368_709_120 }, " 5.0 GiB     12 ms"],
    [{ ms: 9999.4 }, " 1.2 KiB   9999 ms"],
    [{ ms: 12_345 }, " 1.2 KiB    12.3 s"],
  ])("%j", (line, text) => {
    expect(show(line)).toContain(`${text}   0 up`);
  });
});

describe("colours", () => {
  test.each([
    [{ status: 200 }, "<good>200</good>"],
    [{ status: 304 }, "<good>304</good>"],
    [{ status: 404 }, "<warm>404</warm>"],
    [{ status: 502 }, "<bad>502</bad>"],
    [{ cache: "sampan; hit" }, "<good>hit  </good>"],
    [{ cache: "sampan; hit; detail=quota" }, "<warm>quota</warm>"],
    [{ cache: "sampan; fwd=stale; detail=stale" }, "<warm>stale</warm>"],
    [{ cache: "sampan; fwd=miss" }, "  miss   GET"],
    [{ status: 502, error: "UNAVAILABLE", message: "m" }, "<bad>UNAVAILABLE</bad>  m"],
  ])("%j", (line, text) => {
    expect(show(line, marks)).toContain(text);
  });
});

describe("other events are a name and their fields", () => {
  test.each([
    [
      { event: "cache failed", store: "kv", operation: "put", reason: "Error: no more writes" },
      '<bad>cache failed store=kv operation=put reason="Error: no more writes"</bad>',
    ],
    [{ event: "sweep", time: "x", deletedBlobs: 3 }, "sweep deletedBlobs=3"],
    [
      { event: "warm", registry: "docker.io", checked: 9, moved: 1, failed: 0 },
      "warm registry=docker.io checked=9 moved=1 failed=0",
    ],
    [{ event: "warm", reason: "Error: x" }, '<bad>warm reason="Error: x"</bad>'],
  ])("%j", (line, text) => {
    const shown = format({ kind: "line", at, line }, { style: marks, timeZone: "UTC" });

    expect(shown).toBe(`22:00:00  ${text}`);
  });
});

test("what the platform ended says why, with what was thrown below it, in red", () => {
  const entry = {
    kind: "platform",
    at,
    outcome: "exceededCpu",
    subject: "GET …/manifests/1.27",
    exceptions: ["Error: Worker exceeded CPU time limit."],
  } as const;

  expect(format(entry, { style: marks, timeZone: "UTC" }).split("\n")).toEqual([
    "22:00:00  <bad>exceededCpu  GET …/manifests/1.27  over the plan's CPU time; the free plan has 10 ms for each request</bad>",
    "<bad>          Error: Worker exceeded CPU time limit.</bad>",
  ]);
});

test("an outcome that is not known is shown by its name; a client that left is no alarm", () => {
  const entry = { kind: "platform", at, subject: "", exceptions: [] } as const;
  const options = { style: marks, timeZone: "UTC" };

  expect(format({ ...entry, outcome: "loadShed" }, options)).toBe("22:00:00  <bad>loadShed</bad>");
  expect(format({ ...entry, outcome: "canceled" }, options)).toBe(
    "22:00:00  <warm>canceled  the client went away</warm>",
  );
});

test("nothing in a line can steer the terminal or break a line", () => {
  const shown = show({ image: "a\u001b[2Jb\nc", error: "X", message: "\u0007bell\r\nnext" });

  expect(shown.split("\n")).toHaveLength(2);
  expect(shown.replace("\n", "")).not.toMatch(/\p{Cc}/u);
  expect(shown).toContain("a?[2Jb c:1.27");
});

test("text without a time has a place for it", () => {
  expect(format({ kind: "text", at: null, text: "hello" }, { style: none })).toBe(
    "--:--:--  hello",
  );
});
