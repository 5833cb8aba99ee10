import { describe, expect, test } from "vitest";
import { format } from "../../../tools/logs/format.ts";
import type { Paint } from "../../../tools/readable.ts";

const plain: Paint = (_, text) => text;
const marked: Paint = (colour, text) =>
  colour === "dim" ? text : `<${colour}>${text}</${colour}>`;

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

function show(line: object, paint = plain): string {
  return format({ kind: "line", at, line: { ...hit, ...line } }, { paint, timeZone: "UTC" });
}

test("a request is one line, in columns", () => {
  expect(show({})).toBe(
    "22:00:00  200  hit    GET   library/nginx:1.27                              1.2 KiB     12 ms   0 up  203.0.113.0/24  laptop",
  );
});

test.each([
  [{ upstream: "mirror.gcr.io" }, "via mirror.gcr.io"],
  [{ upstream: "harbor.example.com/ghcr", registry: "ghcr.io" }, "via harbor.example.com/ghcr"],
  [{ upstream: "registry-1.docker.io" }, undefined],
  [{ upstream: "ghcr.io", registry: "ghcr.io" }, undefined],
  [{ upstream: null }, undefined],
])("an upstream that is not the registry itself is shown: %j", (line, via) => {
  expect(show(line).split("  laptop  ")[1]).toBe(via);
});

test("times are local, or in a given zone", () => {
  const entry = { kind: "line", at, line: hit } as const;

  expect(format(entry, { paint: plain, timeZone: "Asia/Shanghai" })).toMatch(/^06:00:00 {2}200/);
});

test("an error is followed by its code, message and reason", () => {
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

describe("the subject of", () => {
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
    [{ image: null, reference: null, path: null }, "(access denied)"],
  ])("%j", (line, subject) => {
    expect(show(line).slice(28).split("   ")[0]).toBe(subject);
  });
});

describe("bytes and times are readable for", () => {
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

describe("the colour of", () => {
  test.each([
    [{ status: 200 }, "<green>200</green>"],
    [{ status: 304 }, "<green>304</green>"],
    [{ status: 404 }, "<yellow>404</yellow>"],
    [{ status: 502 }, "<red>502</red>"],
    [{ cache: "sampan; hit" }, "<green>hit  </green>"],
    [{ cache: "sampan; hit; detail=stale" }, "<yellow>stale</yellow>"],
    [{ cache: "sampan; fwd=miss; collapsed" }, "  miss   GET"],
    [{ cache: "sampan; fwd=stale; detail=stale" }, "<yellow>stale</yellow>"],
    [{ cache: "sampan; fwd=miss" }, "  miss   GET"],
    [{ status: 502, error: "UNAVAILABLE", message: "m" }, "<red>UNAVAILABLE</red>  m"],
  ])("%j", (line, text) => {
    expect(show(line, marked)).toContain(text);
  });
});

describe("another event has its name and fields:", () => {
  test.each([
    [
      { event: "cache failed", store: "kv", operation: "put", reason: "Error: no more writes" },
      '<red>cache failed store=kv operation=put reason="Error: no more writes"</red>',
    ],
    [{ event: "other", time: "x", count: 3, list: ["a"] }, 'other count=3 list=["a"]'],
  ])("%j", (line, text) => {
    const shown = format({ kind: "line", at, line }, { paint: marked, timeZone: "UTC" });

    expect(shown).toBe(`22:00:00  ${text}`);
  });
});

test("an invocation that the platform ended has its cause and its exceptions, in red", () => {
  const entry = {
    kind: "platform",
    at,
    outcome: "exceededCpu",
    subject: "GET …/manifests/1.27",
    exceptions: ["Error: Worker exceeded CPU time limit."],
  } as const;

  expect(format(entry, { paint: marked, timeZone: "UTC" }).split("\n")).toEqual([
    "22:00:00  <red>exceededCpu  GET …/manifests/1.27  CPU time limit exceeded; the free plan has 10 ms per request</red>",
    "<red>          Error: Worker exceeded CPU time limit.</red>",
  ]);
});

test("an unknown outcome is red, a client that disconnected is not", () => {
  const entry = { kind: "platform", at, subject: "", exceptions: [] } as const;
  const options = { paint: marked, timeZone: "UTC" };

  expect(format({ ...entry, outcome: "loadShed" }, options)).toBe("22:00:00  <red>loadShed</red>");
  expect(format({ ...entry, outcome: "canceled" }, options)).toBe(
    "22:00:00  <yellow>canceled  the client disconnected</yellow>",
  );
});

test("control characters and line breaks in a field do not reach the terminal", () => {
  const shown = show({ image: "a\u001b[2Jb\nc", error: "X", message: "\u0007bell\r\nnext" });

  expect(shown.split("\n")).toHaveLength(2);
  expect(shown.replace("\n", "")).not.toMatch(/\p{Cc}/u);
  expect(shown).toContain("a\\u001b[2Jb c:1.27");
});

describe("in a terminal of", () => {
  const failure = {
    status: 429,
    lock: null,
    error: "TOOMANYREQUESTS",
    message: "library/nginx:1.27: registry-1.docker.io reports: the pull quota is used up; wait",
    reason: "quota",
  };
  const showIn = (width: number, line: object) =>
    format(
      { kind: "line", at, line: { ...hit, ...line } },
      { paint: plain, timeZone: "UTC", width },
    );

  test("130 columns, a request has all of them", () => {
    expect(showIn(130, {})).toBe(show({}));
  });

  test("80 columns, a request is one line without its client", () => {
    expect(showIn(80, {})).toBe(
      "22:00:00  200  hit    GET   library/nginx:1.27          1.2 KiB     12 ms   0 up",
    );
  });

  test("80 columns, the middle of a long name is left out", () => {
    const image = "some-organization/some-quite-long-repository";
    expect(showIn(80, { image })).toBe(
      "22:00:00  200  hit    GET   some-organiz…sitory:1.27    1.2 KiB     12 ms   0 up",
    );
  });

  test("80 columns, a message is folded below its code", () => {
    expect(showIn(80, failure).split("\n")).toEqual([
      "22:00:00  429  hit    GET   library/nginx:1.27          1.2 KiB     12 ms   0 up",
      "          TOOMANYREQUESTS  library/nginx:1.27: registry-1.docker.io reports: the",
      "          pull quota is used up; wait",
      "          reason: quota",
    ]);
  });

  test("60 columns, the fields of another event are folded", () => {
    const line = {
      event: "blob interrupted",
      image: "library/nginx",
      size: 10,
      reason: "the client disconnected",
    };
    const shown = format({ kind: "line", at, line }, { paint: plain, timeZone: "UTC", width: 60 });
    expect(shown.split("\n")).toEqual([
      "22:00:00  blob interrupted image=library/nginx size=10",
      '          reason="the client disconnected"',
    ]);
  });

  test.each([76, 80, 100, 120, 200])("%d columns, no line is wider", (width) => {
    const long = { ...failure, image: "x".repeat(200), lock: "laptop", message: "y".repeat(300) };
    const widths = showIn(width, long)
      .split("\n")
      .map((text) => text.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(width);
  });
});

test("text without a time has a placeholder for it", () => {
  expect(format({ kind: "text", at: null, text: "hello" }, { paint: plain })).toBe(
    "--:--:--  hello",
  );
});
