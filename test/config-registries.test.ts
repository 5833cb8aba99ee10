import { describe, expect, test } from "vitest";
import { readRegistries } from "../src/config-registries.ts";
import type { Env } from "../src/env.ts";
import { findRegistry, type Registries, registryOfHost } from "../src/mirror/registry.ts";

type Vars = Readonly<Record<string, unknown>>;

const QUAY = { "quay.io": "https://quay.io" };
const ACCOUNT = { username: "robot", password: "SECRET" };

function read(vars: Vars): Registries {
  return readRegistries(vars as unknown as Env);
}

function refusal(vars: Vars): string {
  try {
    read(vars);
  } catch (error) {
    return String(error);
  }
  throw new Error("they were taken");
}

function accounts(table: unknown): Vars {
  return { REGISTRY_ACCOUNTS: JSON.stringify(table) };
}

test("without a table there is Docker Hub alone", () => {
  const { primary, all, byHost } = read({});
  expect(all).toEqual([primary]);
  expect(byHost.size).toBe(0);
  expect(primary).toEqual({
    name: "docker.io",
    url: new URL("https://registry-1.docker.io/"),
    index: new URL("https://index.docker.io/"),
    namespace: "library",
    aliases: ["docker.io", "index.docker.io", "registry-1.docker.io"],
    publicNamespace: "library",
    account: null,
  });
});

describe("a table", () => {
  const table = { "quay.io": "https://quay.io", "GHCR.io": "https://ghcr.io/" };

  test.each([
    ["of wrangler.toml", table],
    ["of JSON", JSON.stringify(table)],
    ["of JSON over several lines", JSON.stringify(table, null, 2)],
  ])("%s is read", (_, REGISTRIES) => {
    const HOSTS =
      typeof REGISTRIES === "string"
        ? '{"q.example.com":"Quay.io"}'
        : { "Q.example.com": "quay.io" };
    const { all, byHost } = read({ REGISTRIES, HOSTS });
    expect(all.map(({ name, url }) => [name, url.href])).toEqual([
      ["docker.io", "https://registry-1.docker.io/"],
      ["quay.io", "https://quay.io/"],
      ["ghcr.io", "https://ghcr.io/"],
    ]);
    expect(all.map(({ namespace }) => namespace)).toEqual(["library", "", ""]);
    expect(all.map(({ publicNamespace }) => publicNamespace)).toEqual(["library", null, null]);
    expect([...byHost].map(([host, { name }]) => [host, name])).toEqual([
      ["q.example.com", "quay.io"],
    ]);
  });

  test.each([{}, "{}", "", undefined])("may be empty: %j", (empty) => {
    expect(read({ REGISTRIES: empty, HOSTS: empty, REGISTRY_ACCOUNTS: empty })).toEqual(read({}));
  });

  test("may have UPSTREAM in it, by any of its names", () => {
    const hub = "https://registry-1.docker.io";
    for (const name of ["docker.io", "registry-1.docker.io", "index.docker.io"]) {
      expect(read({ REGISTRIES: { [name]: hub, ...QUAY } }).all.map((one) => one.name)).toEqual([
        "docker.io",
        "quay.io",
      ]);
    }
    const quay = read({ UPSTREAM: "https://quay.io", REGISTRIES: QUAY });
    expect(quay.all.map(({ name }) => name)).toEqual(["quay.io"]);
  });

  test("may have Docker Hub in it, where UPSTREAM is another", () => {
    const registries = read({
      UPSTREAM: "https://quay.io",
      REGISTRIES: { "docker.io": "https://registry-1.docker.io" },
    });
    const { namespace, publicNamespace, aliases } = registries.all[1] ?? registries.primary;
    expect([namespace, publicNamespace]).toEqual(["library", "library"]);
    expect(aliases).toEqual(["docker.io", "index.docker.io", "registry-1.docker.io"]);
  });

  test("may have a mirror of Docker Hub in its place, of which nothing is public for certain", () => {
    const registries = read({
      UPSTREAM: "https://quay.io",
      REGISTRIES: { "docker.io": "https://mirror.gcr.io" },
    });
    const { namespace, publicNamespace } = registries.all[1] ?? registries.primary;
    expect([namespace, publicNamespace]).toEqual(["library", null]);
  });

  test("may have loopback hosts by http, for tests", () => {
    const REGISTRIES = {
      "a.test": "http://127.0.0.1:5001",
      "b.test": "http://localhost:5002",
      "c.test": "http://[::1]:5003",
    };
    expect(read({ REGISTRIES }).all).toHaveLength(4);
  });
});

describe("a bad value is named:", () => {
  test.each<[string, unknown]>([
    ["REGISTRIES", "quay.io"],
    ["REGISTRIES", "quay.io=https://quay.io"],
    ["REGISTRIES", []],
    ["REGISTRIES", ["https://quay.io"]],
    ["REGISTRIES", 1],
    ["REGISTRIES", true],
    ["REGISTRIES", "null"],
    ["REGISTRIES", '{"quay.io":'],
    ["REGISTRIES", { "quay.io": null }],
    ["REGISTRIES", { "quay.io": 1 }],
    ["REGISTRIES", { "quay.io": ["https://quay.io"] }],
    ["REGISTRIES", { "quay.io": { url: "https://quay.io" } }],
    ["REGISTRIES", { "quay.io": "" }],
    ["REGISTRIES", { "quay.io": "quay.io" }],
    ["REGISTRIES", { "quay.io": "//quay.io" }],
    ["REGISTRIES", { "quay.io": "https://" }],
    ["REGISTRIES", { "quay.io": "https://quay.io/v2/" }],
    ["REGISTRIES", { "quay.io": "https://quay.io?a=b" }],
    ["REGISTRIES", { "quay.io": "https://robot:SECRET@quay.io" }],
    ["REGISTRIES", { "quay.io": "http://quay.io" }],
    ["REGISTRIES", { "quay.io": "http://10.0.0.1:5000" }],
    ["REGISTRIES", { "quay.io": "http://localhost.example.com" }],
    ["REGISTRIES", { "quay.io": "ftp://quay.io" }],
    ["REGISTRIES", { "quay.io": "file:///etc/passwd" }],
    ["REGISTRIES", { "quay.io": `https://${"q".repeat(60)}.io.example` }],
    ["REGISTRIES", { quay: "https://quay.io" }],
    ["REGISTRIES", { "": "https://quay.io" }],
    ["REGISTRIES", { ".": "https://quay.io" }],
    ["REGISTRIES", { "quay.io/owner": "https://quay.io" }],
    ["REGISTRIES", { "https://quay.io": "https://quay.io" }],
    ["REGISTRIES", { "quay.io:": "https://quay.io" }],
    ["REGISTRIES", { "*.quay.io": "https://quay.io" }],
    ["REGISTRIES", { "quay.io ": "https://quay.io" }],
    ["REGISTRIES", { [`${"q".repeat(62)}.io`]: "https://quay.io" }],
    ["REGISTRIES", { "quay.io": "https://quay.io", "quay.example": "https://quay.io" }],
    ["REGISTRIES", { "hub.example": "https://registry-1.docker.io" }],
    ["REGISTRIES", { "docker.io": "https://mirror.gcr.io" }],
    ["REGISTRIES", { "docker.io": "https://index.docker.io" }],
    ["REGISTRIES", { "index.docker.io": "https://quay.io" }],
    ["REGISTRIES", { "quay.io": "https://quay.io", "QUAY.io": "https://quay.example" }],
    ["HOSTS", "quay.example.com"],
    ["HOSTS", ["quay.io"]],
    ["HOSTS", { "quay.example.com": 1 }],
    ["HOSTS", { "quay.example.com": "gcr.io" }],
    ["HOSTS", { "quay.example.com": "" }],
    ["HOSTS", { "quay.example.com": "https://quay.io" }],
    ["HOSTS", { "": "quay.io" }],
    ["HOSTS", { "https://quay.example.com": "quay.io" }],
    ["HOSTS", { "quay.example.com/v2": "quay.io" }],
    ["HOSTS", { "user@quay.example.com": "quay.io" }],
    ["HOSTS", { "quay.example.com:port": "quay.io" }],
    ["HOSTS", { "quay example.com": "quay.io" }],
    ["HOSTS", { "*.example.com": "quay.io" }],
    ["HOSTS", { "quay.example.com.": "quay.io" }],
    ["HOSTS", { "q.example.com": "quay.io", "Q.example.com": "docker.io" }],
    ["HOSTS", { "q.example.com": "quay.io", "q.example.com:443": "docker.io" }],
  ])("%s = %j", (name, value) => {
    const message = refusal({ REGISTRIES: QUAY, [name]: value });
    expect(message).toContain(`misconfigured: ${name} `);
    expect(message).not.toContain("SECRET");
  });

  test("of a table, by the entry", () => {
    expect(refusal({ REGISTRIES: { ...QUAY, "ghcr.io": "ghcr.io" } })).toContain('"ghcr.io"');
    expect(refusal({ REGISTRIES: QUAY, HOSTS: { "g.example.com": "ghcr.io" } })).toContain(
      '"g.example.com"',
    );
  });

  test("two registries with one name", () => {
    const REGISTRIES = {
      "docker.io": "https://registry-1.docker.io",
      "index.docker.io": "https://ghcr.io",
    };
    const message = refusal({ UPSTREAM: "https://quay.io", REGISTRIES });
    expect(message).toContain("REGISTRIES has one name for two upstreams");
  });
});

describe("accounts", () => {
  test("are for the registry that has the name, in capitals too", () => {
    const { all } = read({
      REGISTRIES: { ...QUAY, "ghcr.io": "https://ghcr.io" },
      ...accounts({ "GHCR.io": ACCOUNT, "docker.io": { username: "hub", password: "x:y" } }),
    });
    expect(all.map(({ name, account }) => [name, account])).toEqual([
      ["docker.io", { username: "hub", password: "x:y" }],
      ["quay.io", null],
      ["ghcr.io", ACCOUNT],
    ]);
  });

  test("may be UPSTREAM_USERNAME's for UPSTREAM, and others' beside it", () => {
    const { all } = read({
      REGISTRIES: QUAY,
      UPSTREAM_USERNAME: "hub",
      UPSTREAM_PASSWORD: "SECRET",
      ...accounts({ "quay.io": ACCOUNT }),
    });
    expect(all.map(({ account }) => account?.username)).toEqual(["hub", "robot"]);
  });

  test.each<[string, Vars]>([
    ["no JSON", { REGISTRY_ACCOUNTS: "robot:SECRET" }],
    ["broken JSON", { REGISTRY_ACCOUNTS: '{"quay.io":{"username":"robot","password":"SECRET"}' }],
    ["a list", accounts([{ "quay.io": ACCOUNT }])],
    ["a text", accounts("SECRET")],
    ["a text for an account", accounts({ "quay.io": "robot:SECRET" })],
    ["nothing for an account", accounts({ "quay.io": null })],
    ["no password", accounts({ "quay.io": { username: "SECRET" } })],
    ["an empty password", accounts({ "quay.io": { username: "SECRET", password: "" } })],
    ["no username", accounts({ "quay.io": { password: "SECRET" } })],
    ["a number", accounts({ "quay.io": { username: "robot", password: 1, token: "SECRET" } })],
    ["a colon in the name", accounts({ "quay.io": { ...ACCOUNT, username: "robot:SECRET" } })],
    ["one that is no account, among others", accounts({ "docker.io": ACCOUNT, "quay.io": {} })],
    ["an unknown registry", accounts({ "ghcr.io": ACCOUNT })],
    ["a registry without its dot", accounts({ quay: ACCOUNT })],
    ["a secret in the place of a registry", accounts({ SECRET: ACCOUNT })],
    ["another name of UPSTREAM", accounts({ "index.docker.io": ACCOUNT })],
    [
      "two for UPSTREAM",
      {
        UPSTREAM_USERNAME: "a",
        UPSTREAM_PASSWORD: "SECRET",
        ...accounts({ "docker.io": ACCOUNT }),
      },
    ],
  ])("with %s are refused, and no secret told", (_, vars) => {
    const message = refusal({ REGISTRIES: QUAY, ...vars });
    expect(message).toContain("misconfigured: REGISTRY_ACCOUNTS ");
    expect(message).not.toContain("SECRET");
    expect(message).not.toContain("robot");
  });
});

describe("looked up", () => {
  const registries = read({
    REGISTRIES: QUAY,
    HOSTS: { "q.example.com": "quay.io", "[::1]:99": "quay.io" },
  });

  test.each([
    ["quay.io", "quay.io"],
    ["Quay.IO", "quay.io"],
    ["index.docker.io", "docker.io"],
    ["quay.io.", null],
    ["quay.io:443", null],
    ["", null],
    ["toString", null],
    ["__proto__", null],
    ["doc\u212Aer.io", null],
  ])("the name %j is %j", (alias, name) => {
    expect(findRegistry(registries, alias)?.name ?? null).toBe(name);
  });

  test.each([
    ["q.example.com", "quay.io"],
    ["q.example.com:8443", "quay.io"],
    ["[::1]:99", "quay.io"],
    ["[::1]:98", "docker.io"],
    ["xq.example.com", "docker.io"],
    ["quay.io", "docker.io"],
  ])("the host %j is %j", (host, name) => {
    expect(registryOfHost(registries, host).name).toBe(name);
  });
});
