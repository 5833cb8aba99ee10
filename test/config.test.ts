import { describe, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import type { Env } from "../src/env.ts";
import { RegistryError } from "../src/protocol/errors.ts";

const CACHE = {} as KVNamespace;

/** The configuration, with what it says of the primary registry. */
function read(vars: Readonly<Record<string, unknown>> = {}) {
  const { registries, ...rest } = readConfig({ CACHE, ...vars } as Env);
  const { url: upstream, ...primary } = registries.primary;
  return { upstream, ...primary, ...rest };
}

/** @returns the error that vars are refused with. */
function refusal(vars: Readonly<Record<string, unknown>>): RegistryError {
  try {
    read(vars);
  } catch (error) {
    if (error instanceof RegistryError) return error;
  }
  throw new Error("they were taken");
}

test("nothing but the namespace is needed: the default is Docker Hub, anonymously", () => {
  const { upstream, aliases, access, ...rest } = read();
  expect(upstream.href).toBe("https://registry-1.docker.io/");
  expect(new Set(aliases)).toEqual(
    new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]),
  );
  expect(rest).toEqual({
    name: "docker.io",
    namespace: "library",
    publicNamespace: "library",
    index: new URL("https://index.docker.io"),
    account: null,
    tagTtlSeconds: 60,
    staleTtlSeconds: 2_592_000,
    upstreamTimeoutSeconds: 10,
    blobMaxBytes: 1_073_741_824,
    blobKeepMs: 2_592_000_000,
    hasHomePage: true,
    hasSearch: false,
    logSample: 1,
    isLogClientFull: false,
  });
  expect(access).toEqual({
    paths: [],
    users: [],
    networks: [],
    allowedImages: [],
    deniedImages: [],
    privateImages: "check",
    loginKey: null,
  });
});

test("a mirror without KV says so", () => {
  expect(refusal({ CACHE: undefined }).message).toContain("CACHE");
});

describe("UPSTREAM", () => {
  test.each([
    ["https://ghcr.io", "https://ghcr.io/"],
    ["https://ghcr.io/", "https://ghcr.io/"],
    ["https://registry.example:8443", "https://registry.example:8443/"],
    ["http://localhost:5000", "http://localhost:5000/"],
    ["http://127.0.0.1:5000", "http://127.0.0.1:5000/"],
    ["http://[::1]:5000", "http://[::1]:5000/"],
  ])("%s is taken", (UPSTREAM, href) => {
    expect(read({ UPSTREAM }).upstream.href).toBe(href);
  });

  test.each([
    ["nothing", ""],
    ["a host alone", "ghcr.io"],
    ["a path", "https://ghcr.io/v2/"],
    ["two slashes behind", "https://ghcr.io//"],
    ["a query", "https://ghcr.io?x"],
    ["a fragment", "https://ghcr.io#x"],
    ["an account", "https://user:secret@ghcr.io"],
    ["http", "http://ghcr.io"],
    ["http to a name that begins like loopback", "http://127.0.0.1.example"],
    ["http to localhost's namesake", "http://localhost.example"],
    ["another protocol", "ftp://ghcr.io"],
    ["data", "data:,x"],
    ["a space in front", " https://ghcr.io"],
    ["a line break behind", "https://ghcr.io\n"],
    ["two registries", "https://ghcr.io,https://quay.io"],
    ["a host that is too long for a key", `https://${"a.".repeat(50)}example`],
    ["a number", 5],
  ])("with %s is refused by its name", (_, UPSTREAM) => {
    expect(refusal({ UPSTREAM })).toMatchObject({ code: "UNKNOWN", status: 500 });
    expect(refusal({ UPSTREAM }).message).toContain("UPSTREAM ");
  });
});

describe("NAMESPACE", () => {
  test.each([
    [{}, "library"],
    [{ UPSTREAM: "https://registry-1.docker.io/" }, "library"],
    [{ UPSTREAM: "https://ghcr.io" }, ""],
    [{ NAMESPACE: "" }, ""],
    [{ NAMESPACE: "bitnami" }, "bitnami"],
    [{ NAMESPACE: "a/b" }, "a/b"],
    [{ UPSTREAM: "http://127.0.0.1:5000", NAMESPACE: "library" }, "library"],
  ])("of %j is %j", (vars, namespace) => {
    expect(read(vars).namespace).toBe(namespace);
  });

  test.each(["/", "a/", "/a", "A", "a b", "docker.io/library", "localhost/a", "a//b", "..", "ä"])(
    "%j is refused by its name",
    (NAMESPACE) => {
      expect(refusal({ NAMESPACE }).message).toContain("NAMESPACE ");
    },
  );
});

describe("the names that a client may call the upstream by", () => {
  test("are Docker Hub's and the host's where the namespace is Docker Hub's", () => {
    const vars = { UPSTREAM: "http://127.0.0.1:5000", NAMESPACE: "library" };
    expect(new Set(read(vars).aliases)).toEqual(
      new Set(["docker.io", "index.docker.io", "registry-1.docker.io", "127.0.0.1:5000"]),
    );
  });

  test("are the host's alone elsewhere", () => {
    expect(read({ UPSTREAM: "https://ghcr.io" }).aliases).toEqual(["ghcr.io"]);
    expect(read({ UPSTREAM: "https://r.example:8443" }).aliases).toEqual(["r.example:8443"]);
  });
});

describe("the account", () => {
  test("is both or neither", () => {
    const account = { UPSTREAM_USERNAME: "u", UPSTREAM_PASSWORD: "p:ä " };
    expect(read(account).account).toEqual({ username: "u", password: "p:ä " });
    expect(read({ UPSTREAM_USERNAME: "", UPSTREAM_PASSWORD: "" }).account).toBeNull();
  });

  test.each([
    [{ UPSTREAM_USERNAME: "SECRET" }, "UPSTREAM_PASSWORD "],
    [{ UPSTREAM_USERNAME: "SECRET", UPSTREAM_PASSWORD: "" }, "UPSTREAM_PASSWORD "],
    [{ UPSTREAM_PASSWORD: "SECRET" }, "UPSTREAM_USERNAME "],
    [{ UPSTREAM_USERNAME: "SEC:RET", UPSTREAM_PASSWORD: "SECRET" }, "UPSTREAM_USERNAME "],
  ])("%j is refused by the name, without the value", (vars, name) => {
    const { message, reason } = refusal(vars);
    expect(message).toContain(name);
    expect(`${message}${reason}`).not.toMatch(/SEC:?RET/);
  });
});

describe("seconds", () => {
  test.each([
    [{ TAG_TTL_SECONDS: 0 }, "tagTtlSeconds", 0],
    [{ TAG_TTL_SECONDS: "300" }, "tagTtlSeconds", 300],
    [{ STALE_TTL_SECONDS: "0" }, "staleTtlSeconds", 0],
    [{ STALE_TTL_SECONDS: 315_360_000 }, "staleTtlSeconds", 315_360_000],
    [{ UPSTREAM_TIMEOUT_SECONDS: 1 }, "upstreamTimeoutSeconds", 1],
    [{ UPSTREAM_TIMEOUT_SECONDS: "100" }, "upstreamTimeoutSeconds", 100],
  ] as const)("%j is taken", (vars, key, seconds) => {
    expect(read(vars)[key]).toBe(seconds);
  });

  const names = ["TAG_TTL_SECONDS", "STALE_TTL_SECONDS", "UPSTREAM_TIMEOUT_SECONDS"];
  const values = [
    "",
    " ",
    "-1",
    "+1",
    "1.5",
    "1e2",
    "0x10",
    "60s",
    " 60",
    "60\n",
    "٣",
    "NaN",
    "Infinity",
    "9999999999",
    true,
    -1,
    0.5,
    1e21,
  ];
  const cases = names.flatMap((name) => values.map((value) => [name, value] as const));

  test.each(cases)("%s=%j is refused by its name", (name, value) => {
    expect(refusal({ [name]: value }).message).toContain(
      `${name} must be a whole number of seconds`,
    );
  });

  test.each([0, 101])("a deadline of %i s is refused", (UPSTREAM_TIMEOUT_SECONDS) => {
    expect(refusal({ UPSTREAM_TIMEOUT_SECONDS }).message).toContain("from 1 to 100");
  });
});
