import { describe, expect, test } from "vitest";
import { findRegistry, readRegistries, registryOfHost } from "../../src/config/registries.ts";
import { envOf, misconfiguration, type Vars } from "./misconfiguration.ts";

const QUAY = { "quay.io": "https://quay.io" };
const HUB_ALIASES = ["docker.io", "index.docker.io", "registry-1.docker.io"];
const ACCOUNT = { username: "robot", password: "SECRET" };

const read = (vars: Vars) => readRegistries(envOf(vars));
const refusal = (vars: Vars) => misconfiguration(readRegistries, vars).message;
const accounts = (table: unknown) => ({ REGISTRY_ACCOUNTS: JSON.stringify(table) });

test("Docker Hub is the only registry by default", () => {
  const { primary, all, byHost } = read({});
  expect([all, byHost.size]).toEqual([[primary], 0]);
  expect(primary).toEqual({
    name: "docker.io",
    url: new URL("https://registry-1.docker.io/"),
    aliases: HUB_ALIASES,
    namespace: "library",
    publicNamespace: "library",
    hasReliableClaims: true,
    account: null,
    tokenHost: "auth.docker.io",
    searchUrl: new URL("https://index.docker.io/"),
  });
});

describe("UPSTREAM", () => {
  test.each([
    ["https://ghcr.io", "https://ghcr.io/"],
    ["https://ghcr.io/", "https://ghcr.io/"],
    ["https://registry.example:8443", "https://registry.example:8443/"],
    ["http://localhost:5000", "http://localhost:5000/"],
    ["http://127.0.0.1:5000", "http://127.0.0.1:5000/"],
    ["http://[::1]:5000", "http://[::1]:5000/"],
  ])("%s is accepted", (UPSTREAM, href) => {
    expect(read({ UPSTREAM }).primary.url.href).toBe(href);
  });

  test.each([
    "",
    5,
    "ghcr.io",
    "//ghcr.io",
    "https://",
    "https://ghcr.io/v2/",
    "https://ghcr.io//",
    "https://ghcr.io?x",
    "https://ghcr.io#x",
    "https://user:SECRET@ghcr.io",
    "http://ghcr.io",
    "http://10.0.0.1:5000",
    "http://127.0.0.1.example",
    "http://localhost.example",
    "ftp://ghcr.io",
    "file:///etc/passwd",
    "data:,x",
    " https://ghcr.io",
    "https://ghcr.io\n",
    "https://ghcr.io,https://quay.io",
    `https://${"q".repeat(60)}.io.example`,
  ])("%j is rejected, here and in REGISTRIES", (UPSTREAM) => {
    expect(refusal({ UPSTREAM })).toContain("misconfigured: UPSTREAM must ");
    const message = refusal({ REGISTRIES: { "quay.io": String(UPSTREAM) } });
    expect(message).toContain('misconfigured: REGISTRIES ["quay.io"] must ');
    expect(message).not.toContain("SECRET");
  });

  test("has the names of Docker Hub if its namespace is that of Docker Hub", () => {
    const { name, aliases } = read({
      UPSTREAM: "http://127.0.0.1:5000",
      NAMESPACE: "library",
    }).primary;
    expect([name, aliases]).toEqual(["docker.io", [...HUB_ALIASES, "127.0.0.1:5000"]]);
  });

  test("is called by its host otherwise, which also has its token service and search", () => {
    expect(read({ UPSTREAM: "https://r.example:8443" }).primary).toMatchObject({
      name: "r.example:8443",
      aliases: ["r.example:8443"],
      publicNamespace: null,
      tokenHost: "r.example:8443",
      searchUrl: new URL("https://r.example:8443/"),
    });
  });
});

describe("NAMESPACE", () => {
  test.each([
    [{}, "library"],
    [{ UPSTREAM: "https://ghcr.io" }, ""],
    [{ NAMESPACE: "" }, ""],
    [{ NAMESPACE: "bitnami" }, "bitnami"],
    [{ NAMESPACE: "a/b" }, "a/b"],
    [{ UPSTREAM: "http://127.0.0.1:5000", NAMESPACE: "library" }, "library"],
  ])("is, with %j, %j", (vars, namespace) => {
    expect(read(vars).primary.namespace).toBe(namespace);
  });

  test.each(["/", "a/", "/a", "A", "a b", "docker.io/library", "localhost/a", "a//b", "..", "ä"])(
    "%j is rejected",
    (NAMESPACE) => {
      expect(refusal({ NAMESPACE })).toContain("misconfigured: NAMESPACE must ");
    },
  );
});

describe("REGISTRIES", () => {
  test("adds registries, without a namespace for bare names", () => {
    const { all } = read({ REGISTRIES: { ...QUAY, "lscr.io": "https://lscr.io/" } });
    expect(all).toMatchObject([
      { name: "docker.io" },
      {
        name: "quay.io",
        url: new URL("https://quay.io"),
        aliases: ["quay.io"],
        namespace: "",
        publicNamespace: null,
        hasReliableClaims: false,
        tokenHost: "quay.io",
      },
      { name: "lscr.io", tokenHost: "ghcr.io" },
    ]);
  });

  test("may contain UPSTREAM under any of its names", () => {
    for (const name of HUB_ALIASES) {
      const REGISTRIES = { [name]: "https://registry-1.docker.io", ...QUAY };
      expect(read({ REGISTRIES }).all.map((one) => one.name)).toEqual(["docker.io", "quay.io"]);
    }
    const quay = read({ UPSTREAM: "https://quay.io", REGISTRIES: QUAY });
    expect(quay.all.map(({ name }) => name)).toEqual(["quay.io"]);
  });

  test.each([
    ["https://registry-1.docker.io", "library", "auth.docker.io"],
    // Nothing in a mirror of Docker Hub is certainly public.
    ["https://mirror.gcr.io", null, "mirror.gcr.io"],
  ])("may contain Docker Hub at %s beside another UPSTREAM", (url, publicNamespace, tokenHost) => {
    const { all } = read({ UPSTREAM: "https://quay.io", REGISTRIES: { "docker.io": url } });
    expect(all[1]).toMatchObject({
      ...{ aliases: HUB_ALIASES, namespace: "library", publicNamespace, tokenHost },
    });
  });

  test.each([
    { quay: "https://quay.io" },
    { "": "https://quay.io" },
    { ".": "https://quay.io" },
    { "quay.io/owner": "https://quay.io" },
    { "https://quay.io": "https://quay.io" },
    { "quay.io:": "https://quay.io" },
    { "*.quay.io": "https://quay.io" },
    { "quay.io ": "https://quay.io" },
    { [`${"q".repeat(62)}.io`]: "https://quay.io" },
  ])("is rejected for the name in %j", (REGISTRIES) => {
    expect(refusal({ REGISTRIES })).toContain("expected a registry name such as ghcr.io");
  });

  test.each<[Vars, string]>([
    [{ ...QUAY, "quay.example": "https://quay.io" }, "has two names for one upstream"],
    [{ "hub.example": "https://registry-1.docker.io" }, "has two names for one upstream"],
    [{ "docker.io": "https://mirror.gcr.io" }, '["docker.io"] differs from UPSTREAM'],
    [{ "index.docker.io": "https://quay.io" }, '["index.docker.io"] differs from UPSTREAM'],
    [{ "quay.io": "https://quay.io", "QUAY.io": "https://quay.example" }, 'has "QUAY.io" twice'],
  ])("is rejected for the contradiction in %j", (REGISTRIES, problem) => {
    expect(refusal({ REGISTRIES })).toContain(`misconfigured: REGISTRIES ${problem}`);
  });

  test("is rejected if one name belongs to two upstreams", () => {
    const REGISTRIES = {
      "docker.io": "https://registry-1.docker.io",
      "index.docker.io": "https://ghcr.io",
    };
    expect(refusal({ UPSTREAM: "https://quay.io", REGISTRIES })).toContain(
      "misconfigured: REGISTRIES has one name for two upstreams",
    );
  });
});

describe("HOSTS", () => {
  test.each<[Vars, string]>([
    [{ "q.example.com": "gcr.io" }, '["q.example.com"] must be a name in REGISTRIES'],
    [{ "q.example.com": "" }, '["q.example.com"] must be a name in REGISTRIES'],
    [{ "q.example.com": "https://quay.io" }, '["q.example.com"] must be a name in REGISTRIES'],
    ...[
      "",
      "https://q.example.com",
      "q.example.com/v2",
      "user@q.example.com",
      "q.example.com:port",
      "q example.com",
      "*.example.com",
      "q.example.com.",
    ].map((host): [Vars, string] => [
      { [host]: "quay.io" },
      `has "${host}"; expected a host such as quay.example.com`,
    ]),
    [{ "q.example.com": "quay.io", "q.example.com:443": "docker.io" }, 'has "q.example.com" twice'],
  ])("%j is rejected", (HOSTS, problem) => {
    expect(refusal({ REGISTRIES: QUAY, HOSTS })).toContain(`misconfigured: HOSTS ${problem}`);
  });
});

describe("accounts", () => {
  test("belong to the registry with their name, in any case", () => {
    const { all } = read({
      REGISTRIES: { ...QUAY, "ghcr.io": "https://ghcr.io" },
      ...accounts({ "GHCR.io": ACCOUNT, "docker.io": { username: "hub", password: "x:y" } }),
    });
    expect(all.map(({ account }) => account)).toMatchObject([
      { username: "hub", password: "x:y" },
      null,
      ACCOUNT,
    ]);
  });

  test("of UPSTREAM may be in variables of their own", () => {
    const { all } = read({
      REGISTRIES: QUAY,
      UPSTREAM_USERNAME: "hub",
      UPSTREAM_PASSWORD: "p:ä ",
      ...accounts({ "quay.io": ACCOUNT }),
    });
    expect(all.map(({ account }) => account)).toMatchObject([
      { username: "hub", password: "p:ä " },
      ACCOUNT,
    ]);
    expect(read({ UPSTREAM_USERNAME: "", UPSTREAM_PASSWORD: "" }).primary.account).toBeNull();
  });

  test("may name another token host", () => {
    const { all } = read({
      REGISTRIES: { ...QUAY, "lscr.io": "https://lscr.io" },
      ...accounts({
        "quay.io": { ...ACCOUNT, tokenHost: "auth.quay.io:8443" },
        "lscr.io": { ...ACCOUNT, tokenHost: "auth.lscr.io" },
      }),
    });
    expect(all.map(({ tokenHost }) => tokenHost)).toEqual([
      "auth.docker.io",
      "auth.quay.io:8443",
      "auth.lscr.io",
    ]);
  });

  test.each<[string, Vars]>([
    ["UPSTREAM_PASSWORD is missing", { UPSTREAM_USERNAME: "SECRET" }],
    ["UPSTREAM_PASSWORD is missing", { UPSTREAM_USERNAME: "SECRET", UPSTREAM_PASSWORD: "" }],
    ["UPSTREAM_USERNAME is missing", { UPSTREAM_PASSWORD: "SECRET" }],
    [
      "UPSTREAM_USERNAME must not contain a colon",
      { UPSTREAM_USERNAME: "robot:SECRET", UPSTREAM_PASSWORD: "SECRET" },
    ],
    ...[
      "robot:SECRET",
      '{"quay.io":{"username":"robot","password":"SECRET"}',
      JSON.stringify([{ "quay.io": ACCOUNT }]),
      JSON.stringify("SECRET"),
    ].map((text): [string, Vars] => [
      "REGISTRY_ACCOUNTS must be JSON",
      { REGISTRY_ACCOUNTS: text },
    ]),
    ...[
      "robot:SECRET",
      null,
      {},
      { username: "SECRET" },
      { username: "SECRET", password: "" },
      { password: "SECRET" },
      { username: "robot", password: 1, token: "SECRET" },
      { ...ACCOUNT, username: "robot:SECRET" },
    ].map((account): [string, Vars] => [
      "REGISTRY_ACCOUNTS must be JSON",
      accounts({ "docker.io": ACCOUNT, "quay.io": account }),
    ]),
    ...["https://auth.quay.io", "auth.quay.io/x", "", 1, "SECRET@quay.io"].map(
      (tokenHost): [string, Vars] => [
        "REGISTRY_ACCOUNTS has a tokenHost that is not a host",
        accounts({ "quay.io": { ...ACCOUNT, tokenHost } }),
      ],
    ),
    ...["ghcr.io", "quay", "SECRET", "index.docker.io"].map((name): [string, Vars] => [
      "REGISTRY_ACCOUNTS has a registry that is not in REGISTRIES",
      accounts({ [name]: ACCOUNT }),
    ]),
    [
      "REGISTRY_ACCOUNTS has one registry in two spellings",
      accounts({ "quay.io": ACCOUNT, "Quay.io": ACCOUNT }),
    ],
    [
      "REGISTRY_ACCOUNTS has docker.io, whose account is UPSTREAM_USERNAME",
      {
        UPSTREAM_USERNAME: "a",
        UPSTREAM_PASSWORD: "SECRET",
        ...accounts({ "docker.io": ACCOUNT }),
      },
    ],
  ])("%s: rejected without the secret (%#)", (problem, vars) => {
    const message = refusal({ REGISTRIES: QUAY, ...vars });
    expect(message).toContain(`misconfigured: ${problem}`);
    expect(message).not.toMatch(/SECRET|robot/);
  });
});

describe("a registry is found", () => {
  const registries = read({
    REGISTRIES: QUAY,
    HOSTS: { "Q.example.com": "Quay.io", "[::1]:99": "quay.io" },
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
    // The Kelvin sign.
    ["doc\u212Aer.io", null],
  ])("by the name %j: %j", (alias, name) => {
    expect(findRegistry(registries, alias)?.name ?? null).toBe(name);
  });

  test.each([
    ["q.example.com", "quay.io"],
    ["q.example.com.", "quay.io"],
    ["q.example.com:8443", "quay.io"],
    ["[::1]:99", "quay.io"],
    ["[::1]:98", "docker.io"],
    ["xq.example.com", "docker.io"],
    ["quay.io", "docker.io"],
  ])("by the mirror's host %j: %j", (host, name) => {
    expect(registryOfHost(registries, host).name).toBe(name);
  });
});
