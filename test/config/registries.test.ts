import { describe, expect, test } from "vitest";
import { findRegistry, readRegistries, registryOfHost } from "../../src/config/registries.ts";
import { envOf, misconfiguration, type Vars } from "./misconfiguration.ts";

const QUAY = { "quay.io": "https://quay.io" };
const HUB_ALIASES = ["docker.io", "index.docker.io", "registry-1.docker.io"];
const ACCOUNT = { username: "robot", password: "SECRET" };

const read = (vars: Vars) => readRegistries(envOf(vars));
const urlsOf = (vars: Vars) => read(vars).primary.endpoints.map(({ url }) => url.href);
const refusal = (vars: Vars) => misconfiguration(readRegistries, vars).message;
const accounts = (table: unknown) => ({ REGISTRY_ACCOUNTS: JSON.stringify(table) });

test("Docker Hub is the only registry by default", () => {
  const { primary, all, byHost } = read({});
  expect([all, byHost.size]).toEqual([[primary], 0]);
  expect(primary).toEqual({
    name: "docker.io",
    id: "registry-1.docker.io",
    aliases: HUB_ALIASES,
    namespace: "library",
    endpoints: [
      {
        url: new URL("https://registry-1.docker.io/"),
        id: "registry-1.docker.io",
        account: null,
        tokenHost: "auth.docker.io",
        hasHubNames: true,
        isDockerHub: true,
      },
    ],
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
    expect(urlsOf({ UPSTREAM })).toEqual([href]);
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
    "https://GHCR.io",
    "http://ghcr.io",
    "http://10.0.0.1:5000",
    "http://127.0.0.1.example",
    "http://localhost.example",
    "ftp://ghcr.io",
    "file:///etc/passwd",
    "data:,x",
    `https://${"q".repeat(60)}.${"q".repeat(60)}.example`,
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
      endpoints: [{ tokenHost: "r.example:8443" }],
      searchUrl: new URL("https://r.example:8443/"),
    });
  });
});

describe("several upstreams", () => {
  const HARBOR = "https://harbor.example.com/dockerhub";
  const HUB_AND_HARBOR = `https://registry-1.docker.io, ${HARBOR}`;

  test.each([
    ["https://registry-1.docker.io, https://mirror.gcr.io", "https://mirror.gcr.io/"],
    [" https://registry-1.docker.io\nhttps://mirror.gcr.io\n", "https://mirror.gcr.io/"],
    ["https://registry-1.docker.io,https://r.example/a/b-c/", "https://r.example/a/b-c"],
  ])("are separated by commas or white space: %j", (UPSTREAM, second) => {
    expect(urlsOf({ UPSTREAM })).toEqual(["https://registry-1.docker.io/", second]);
  });

  test.each([
    "https://ghcr.io, quay.io",
    "https://ghcr.io, http://quay.io",
    "https://ghcr.io/A",
    "https://ghcr.io/a//b",
    "https://ghcr.io/a%2Fb",
    "https://ghcr.io/a/../b",
    "https://ghcr.io/v2",
    "https://ghcr.io/v2/a",
    "https://ghcr.io/a?b",
    `https://ghcr.io/${"a".repeat(129)}`,
  ])("%j is rejected, here and in REGISTRIES", (UPSTREAM) => {
    expect(refusal({ UPSTREAM })).toContain("misconfigured: UPSTREAM must ");
    expect(refusal({ REGISTRIES: { "quay.io": UPSTREAM } })).toContain('["quay.io"] must ');
  });

  test("have the first one in cache keys, and a path there without a slash", () => {
    expect(read({ UPSTREAM: HUB_AND_HARBOR }).primary.id).toBe("registry-1.docker.io");
    const { id, endpoints } = read({ UPSTREAM: `${HARBOR}/a, https://ghcr.io` }).primary;
    expect(id).toBe("harbor.example.com+dockerhub+a");
    expect(endpoints.map((endpoint) => endpoint.id)).toEqual([id, "ghcr.io"]);
  });

  test.each<[string, string, string, readonly string[]]>([
    [HUB_AND_HARBOR, "docker.io", "library", [...HUB_ALIASES]],
    [`${HARBOR}, https://registry-1.docker.io`, "docker.io", "library", ["harbor.example.com"]],
    ["https://mirror.gcr.io", "docker.io", "library", ["mirror.gcr.io"]],
    ["https://mirror.gcr.io, https://ghcr.io", "docker.io", "library", ["mirror.gcr.io"]],
    [HARBOR, "harbor.example.com", "", []],
    ["https://ghcr.io, https://quay.io", "ghcr.io", "", []],
  ])("%s are called %s, with the namespace %j", (UPSTREAM, name, namespace, further) => {
    const { primary } = read({ UPSTREAM });
    const names = name === "docker.io" ? HUB_ALIASES : [name];
    expect([primary.name, primary.namespace]).toEqual([name, namespace]);
    expect(primary.aliases).toEqual([...new Set([...names, ...further])]);
  });

  test("may be in REGISTRIES too, all or some of them, and no others", () => {
    for (const urls of [HUB_AND_HARBOR, HARBOR, "https://registry-1.docker.io"]) {
      expect(
        read({ UPSTREAM: HUB_AND_HARBOR, REGISTRIES: { "docker.io": urls } }).all,
      ).toHaveLength(1);
    }
    const REGISTRIES = { "docker.io": "https://registry-1.docker.io, https://mirror.gcr.io" };
    expect(refusal({ UPSTREAM: HUB_AND_HARBOR, REGISTRIES })).toContain(
      '["docker.io"] has the name',
    );
  });

  test("may be paths of one host, and later ones of several registries", () => {
    const REGISTRIES = {
      "ghcr.io": "https://harbor.example.com/ghcr, https://mirror.example.com",
      "quay.io": "https://harbor.example.com/quay, https://mirror.example.com",
    };
    expect(read({ REGISTRIES }).all.map(({ id }) => id)).toEqual([
      "registry-1.docker.io",
      "harbor.example.com+ghcr",
      "harbor.example.com+quay",
    ]);
  });

  const HUB_ACCOUNT = { UPSTREAM_USERNAME: "robot", UPSTREAM_PASSWORD: "SECRET" };

  test.each<[string, Vars, readonly string[]]>([
    [
      "Docker Hub",
      { UPSTREAM: `${HARBOR}, https://registry-1.docker.io`, ...HUB_ACCOUNT },
      ["", "robot"],
    ],
    ["the first", { UPSTREAM: `${HARBOR}, https://ghcr.io`, ...HUB_ACCOUNT }, ["robot", ""]],
    [
      "Docker Hub",
      {
        UPSTREAM: "https://mirror.gcr.io https://registry-1.docker.io",
        ...accounts({ "docker.io": ACCOUNT }),
      },
      ["", "robot"],
    ],
    [
      "the host of the key",
      { UPSTREAM: HUB_AND_HARBOR, ...accounts({ "harbor.example.com": ACCOUNT }) },
      ["", "robot"],
    ],
    [
      "the host of the key",
      { UPSTREAM: `${HARBOR}, https://ghcr.io`, ...accounts({ "ghcr.io": ACCOUNT }) },
      ["", "robot"],
    ],
    [
      "both",
      {
        UPSTREAM: HUB_AND_HARBOR,
        ...HUB_ACCOUNT,
        ...accounts({ "harbor.example.com": { ...ACCOUNT, username: "other" } }),
      },
      ["robot", "other"],
    ],
  ])("have their own accounts: %s (%#)", (_, vars, usernames) => {
    const { endpoints } = read(vars).primary;
    expect(endpoints.map(({ account }) => account?.username ?? "")).toEqual(usernames);
  });

  test("of another registry have the account of its name at the one with that name", () => {
    const REGISTRIES = { "ghcr.io": "https://mirror.example.com/ghcr, https://ghcr.io" };
    const [, ghcr] = read({ REGISTRIES, ...accounts({ "ghcr.io": ACCOUNT }) }).all;
    expect(ghcr?.endpoints.map(({ account }) => account)).toEqual([null, ACCOUNT]);
  });

  test("have the account of the host rather than that of the name", () => {
    const other = { ...ACCOUNT, username: "other" };
    const REGISTRIES = { "quay.io": "https://r.example" };
    const [primary, quay] = read({
      ...{ ...HUB_ACCOUNT, REGISTRIES },
      ...accounts({ "registry-1.docker.io": other, "quay.io": ACCOUNT, "r.example": other }),
    }).all;
    expect([primary?.endpoints[0].account, quay?.endpoints[0].account]).toEqual([other, other]);
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
        aliases: ["quay.io"],
        namespace: "",
        endpoints: [
          {
            url: new URL("https://quay.io"),
            tokenHost: "quay.io",
          },
        ],
      },
      { name: "lscr.io", endpoints: [{ tokenHost: "ghcr.io" }] },
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
    ["https://registry-1.docker.io", "auth.docker.io"],
    ["https://mirror.gcr.io", "mirror.gcr.io"],
  ])("may contain Docker Hub at %s beside another UPSTREAM", (url, tokenHost) => {
    const { all } = read({ UPSTREAM: "https://quay.io", REGISTRIES: { "docker.io": url } });
    expect(all[1]).toMatchObject({
      ...{ aliases: HUB_ALIASES, namespace: "library" },
      endpoints: [{ tokenHost }],
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
  ])("is rejected for the name in %j", (REGISTRIES) => {
    expect(refusal({ REGISTRIES })).toContain("must be a name and its https URLs");
  });

  test.each<[string, Vars]>([
    ["quay.example", { ...QUAY, "quay.example": "https://quay.io" }],
    ["hub.example", { "hub.example": "https://registry-1.docker.io" }],
    ["docker.io", { "docker.io": "https://mirror.gcr.io" }],
    ["index.docker.io", { "index.docker.io": "https://quay.io" }],
    ["quay.io", { "quay.io": "https://quay.io", "QUAY.io": "https://quay.example" }],
  ])("is rejected if %s has the name or URL of another one: %j", (name, REGISTRIES) => {
    expect(refusal({ REGISTRIES })).toContain(
      `misconfigured: REGISTRIES ["${name}"] has the name or URL of another registry`,
    );
  });

  test("is rejected if two of Docker Hub's names are two registries", () => {
    const REGISTRIES = {
      "docker.io": "https://registry-1.docker.io",
      "index.docker.io": "https://ghcr.io",
    };
    expect(refusal({ UPSTREAM: "https://quay.io", REGISTRIES })).toContain(
      'misconfigured: REGISTRIES ["index.docker.io"] has the name or URL of another registry',
    );
  });
});

describe("HOSTS", () => {
  test.each([
    ["q.example.com", "gcr.io"],
    ["q.example.com", ""],
    ["q.example.com", "https://quay.io"],
    ["", "quay.io"],
    ["https://q.example.com", "quay.io"],
    ["q.example.com/v2", "quay.io"],
    ["user@q.example.com", "quay.io"],
    ["q.example.com:port", "quay.io"],
    ["q.example.com:99999", "quay.io"],
    ["q example.com", "quay.io"],
    ["*.example.com", "quay.io"],
    ["q.example.com.", "quay.io"],
  ])("%j = %j is rejected", (host, registry) => {
    expect(refusal({ REGISTRIES: QUAY, HOSTS: { [host]: registry } })).toContain(
      `misconfigured: HOSTS ["${host}"] must be a host and a name in REGISTRIES`,
    );
  });
});

describe("accounts", () => {
  test("belong to the registry with their name, in any case", () => {
    const { all } = read({
      REGISTRIES: { ...QUAY, "ghcr.io": "https://ghcr.io" },
      ...accounts({ "GHCR.io": ACCOUNT, "docker.io": { username: "hub", password: "x:y" } }),
    });
    expect(all.map(({ endpoints }) => endpoints[0].account)).toMatchObject([
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
    expect(all.map(({ endpoints }) => endpoints[0].account)).toMatchObject([
      { username: "hub", password: "p:ä " },
      ACCOUNT,
    ]);
    expect(
      read({ UPSTREAM_USERNAME: "", UPSTREAM_PASSWORD: "" }).primary.endpoints[0].account,
    ).toBeNull();
  });

  test("may name another token host", () => {
    const { all } = read({
      REGISTRIES: { ...QUAY, "lscr.io": "https://lscr.io" },
      ...accounts({
        "quay.io": { ...ACCOUNT, tokenHost: "auth.quay.io:8443" },
        "lscr.io": { ...ACCOUNT, tokenHost: "auth.lscr.io" },
      }),
    });
    expect(all.map(({ endpoints }) => endpoints[0].tokenHost)).toEqual([
      "auth.docker.io",
      "auth.quay.io:8443",
      "auth.lscr.io",
    ]);
  });

  test.each<[string, Vars]>([
    ["UPSTREAM_USERNAME and UPSTREAM_PASSWORD must both", { UPSTREAM_USERNAME: "SECRET" }],
    [
      "UPSTREAM_USERNAME and UPSTREAM_PASSWORD must both",
      { UPSTREAM_USERNAME: "SECRET", UPSTREAM_PASSWORD: "" },
    ],
    ["UPSTREAM_USERNAME and UPSTREAM_PASSWORD must both", { UPSTREAM_PASSWORD: "SECRET" }],
    [
      "UPSTREAM_USERNAME and UPSTREAM_PASSWORD must both be set, or neither; a username has no colon",
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
        "REGISTRY_ACCOUNTS must be JSON",
        accounts({ "quay.io": { ...ACCOUNT, tokenHost } }),
      ],
    ),
    ...["ghcr.io", "quay", "SECRET", "index.docker.io"].map((name): [string, Vars] => [
      "REGISTRY_ACCOUNTS has a registry that is not in REGISTRIES",
      accounts({ [name]: ACCOUNT }),
    ]),
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
