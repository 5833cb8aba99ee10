import { describe, expect, test } from "vitest";
import { brandIn } from "../../../tools/brands.ts";
import { type CurrentConfig, readCurrentConfig } from "../../../tools/setup/current.ts";
import {
  askBlobs,
  askDomain,
  askHosts,
  askLock,
  askRegistries,
  askSearch,
  parseHost,
} from "../../../tools/setup/questions.ts";
import { SHIPPED } from "../../support/repository.ts";
import { createContext } from "./support/context.ts";

const current = readCurrentConfig(SHIPPED, []);

describe("the domain", () => {
  test.each([
    ["mirror.example.com", "mirror.example.com"],
    ["Mirror.Example.COM", "mirror.example.com"],
    ["https://mirror.example.com/", "mirror.example.com"],
    ["镜像.example.com", "xn--o1q148n.example.com"],
    ["example.co", "example.co"],
  ])("%s is a host name", (answer, host) => {
    expect(parseHost(answer)).toBe(host);
  });

  test.each([
    "mirror",
    "mirror.example.com/path",
    "mirror.example.com:8443",
    "*.example.com",
    "-a.example.com",
    "a..example.com",
    "a_b.example.com",
    "192.0.2.1",
    "sampan.you.workers.dev",
    `${"a".repeat(64)}.example.com`,
    'a.example.com"',
    "",
  ])("%j is not a host name", (answer) => {
    expect(parseHost(answer)).toBeNull();
  });

  test("workers.dev means no domain", async () => {
    const { terminal } = createContext({ answers: ["workers.dev"] });
    expect(await askDomain(terminal, { ...current, domain: "mirror.example.com" })).toBeNull();
  });

  test.each(["docker.example.com", "ghcr.example.com"])(
    "%s, a name that the doctor warns about, is accepted with the same warning",
    async (host) => {
      const { terminal, said } = createContext({ answers: [host] });
      expect(await askDomain(terminal, current)).toBe(host);
      expect(said.at(-1)).toContain("reported as phishing");
    },
  );
});

describe("the lock", () => {
  const SECRET = "5a".repeat(24);
  const lockBy = (answers: string[], changes: Partial<CurrentConfig> = {}) => {
    const { terminal, random } = createContext({ answers });
    return askLock(terminal, random, { ...current, ...changes });
  };

  test("Enter generates a path secret of 24 bytes", async () => {
    expect(await lockBy([""])).toEqual({ kind: "path", secret: SECRET });
  });

  test("an invalid user name is asked for again", async () => {
    expect(await lockBy(["user", "bad name", "alice"])).toEqual({
      kind: "user",
      name: "alice",
      token: SECRET,
    });
  });

  test("a user name that would be read as two entries is invalid", async () => {
    expect(await lockBy(["user", "a=b,c", ""])).toEqual({
      kind: "user",
      name: "me",
      token: SECRET,
    });
  });

  test("an open mirror is explained", async () => {
    const { terminal, random, said } = createContext({ answers: ["none"] });
    expect(await askLock(terminal, random, current)).toEqual({ kind: "none" });
    expect(said.at(-1)).toContain("The mirror will be open");
  });

  test.each<[string, Partial<CurrentConfig>, string[]]>([
    ["without a lock", {}, ["path", "path", "user", "none"]],
    ["with a lock", { secrets: ["ACCESS_USERS"] }, ["keep", "keep", "path", "user", "none"]],
    ["with unknown secrets", { secrets: null }, ["keep", "keep", "path", "user", "none"]],
    ["with upstream logins", { login: "upstream" }, ["path", "path", "none"]],
    ["with private images", { privateImages: "allow" }, ["path", "path", "user"]],
  ])("%s, the default and the choices are the sensible ones", async (_, changes, words) => {
    const { terminal, random, said } = createContext({ answers: [""] });
    const lock = await askLock(terminal, random, { ...current, ...changes });
    const offered = said.flatMap((line) => /^ {2}\d {2}(\w+)/.exec(line)?.[1] ?? []);
    expect([lock.kind, ...offered]).toEqual(words);
  });

  test("a choice that replaces the present secret says so", async () => {
    const { terminal, random, said } = createContext({ answers: [""] });
    await askLock(terminal, random, { ...current, secrets: ["ACCESS_PATHS"] });
    expect(said.filter((line) => line.includes("stop working"))).toEqual([
      "  2  path  a secret in the address, for plain Docker; the present ones stop working",
    ]);
  });
});

describe("the registries", () => {
  const own = { "registry.example.com": "https://r.example.com" };
  const chosen = (answer: string, registries = {}) =>
    askRegistries(createContext({ answers: [answer] }).terminal, { ...current, registries });

  test("numbers and names of the list select registries", async () => {
    expect(await chosen("1, ghcr.io  ")).toEqual({
      "quay.io": "https://quay.io",
      "ghcr.io": "https://ghcr.io",
    });
    expect(await chosen("none", { "quay.io": "https://quay.io" })).toEqual({});
  });

  test("the list matches the registries in wrangler.toml, with Docker Hub if it is not the upstream", async () => {
    const other = { ...current, upstream: "https://ghcr.example" };
    const { terminal } = createContext({ answers: ["all"] });
    const shipped = [...SHIPPED.matchAll(/^# "(.*)" = "(https:.*)"$/gm)].map(([, name, url]) => [
      name,
      url,
    ]);
    expect(shipped).toHaveLength(11);
    expect(Object.entries(await askRegistries(terminal, other))).toEqual(shipped);
    expect(Object.entries(await chosen("all"))).toEqual(shipped.slice(1));
  });

  test("a registry of the owner's own is in the list, with its URL", async () => {
    expect(await chosen("", own)).toEqual(own);
    expect(await chosen("11 4", own)).toEqual({ "ghcr.io": "https://ghcr.io", ...own });
    expect(await chosen("4", own)).toEqual({ "ghcr.io": "https://ghcr.io" });
  });

  test("configured registries are marked", async () => {
    const { terminal, said } = createContext({ answers: [""] });
    await askRegistries(terminal, { ...current, registries: { "gcr.io": "https://gcr.io" } });
    expect(said).toContain("   2  [x] gcr.io");
    expect(said).toContain("   1  [ ] quay.io");
  });

  test.each(["0", "11", "example.com", "1 x"])("%j is asked for again", async (answer) => {
    const { terminal, said } = createContext({ answers: [answer, "none"] });
    expect(await askRegistries(terminal, current)).toEqual({});
    expect(said.at(-2)).toContain("Please answer with numbers or names of the list");
  });

  test("removing a registry while accounts are stored gives a warning", async () => {
    const registries = { "gcr.io": "https://gcr.io", "ghcr.io": "https://ghcr.io" };
    const stored = { ...current, registries, secrets: ["REGISTRY_ACCOUNTS"] };
    const fewer = createContext({ answers: ["gcr.io"] });
    await askRegistries(fewer.terminal, stored);
    expect(fewer.said.at(-1)).toContain("REGISTRY_ACCOUNTS is stored.");
    const more = createContext({ answers: ["all"] });
    await askRegistries(more.terminal, stored);
    expect(more.said.join("\n")).not.toContain("REGISTRY_ACCOUNTS");
  });
});

describe("the registries' host names", () => {
  const DOMAIN = "mirror.example.com";
  const two = {
    registries: { "quay.io": "https://quay.io" },
    hosts: { "q.example.com": "quay.io", "hub.example.com": "docker.io" },
  };
  const hostsBy = (
    answers: string[],
    changes: Partial<CurrentConfig>,
    domain: string | null,
    registries: string[],
  ) =>
    askHosts(
      createContext({ answers }).terminal,
      { ...current, domain: DOMAIN, ...changes },
      domain,
      registries,
    );

  test("each registry gets a short label beside the mirror", async () => {
    const registries = ["quay.io", "registry.example.org"];
    expect(await hostsBy(["y", ""], {}, DOMAIN, registries)).toEqual({
      "q.example.com": "quay.io",
      "registry-example-org.example.com": "registry.example.org",
    });
  });

  test("a mirror at the top of a domain has them below itself, or below another domain", async () => {
    expect(await hostsBy(["y", ""], {}, "example.com", ["quay.io"])).toEqual({
      "q.example.com": "quay.io",
    });
    const answers = ["y", "not a host", "r.example.net"];
    expect(await hostsBy(answers, {}, "example.co.uk", ["quay.io"])).toEqual({
      "q.r.example.net": "quay.io",
    });
  });

  test("no proposed host name has a brand that the doctor warns about", async () => {
    const { terminal } = createContext({ answers: ["all"] });
    const other = { ...current, upstream: "https://registry.example" };
    const registries = await askRegistries(terminal, {
      ...other,
      registries: { "my.github.example": "https://my.github.example" },
    });
    const hosts = await hostsBy(["y", ""], {}, DOMAIN, Object.keys(registries));
    expect(Object.keys(hosts)).toHaveLength(12);
    expect(Object.keys(hosts).filter((host) => brandIn(host) !== null)).toEqual([]);
  });

  test("a proposed host name is not the mirror's, and none is proposed twice", async () => {
    const names = ["quay.io", "hub.a.example", "hub.b.example"];
    expect(Object.keys(await hostsBy(["y", ""], {}, "q.example.com", names))).toEqual([
      "q2.example.com",
      "r.example.com",
      "r2.example.com",
    ]);
  });

  test("nothing is asked without a domain, or without registries", async () => {
    expect(await hostsBy([], { domain: null }, null, ["quay.io"])).toEqual({});
    expect(await hostsBy([], {}, DOMAIN, [])).toEqual({});
  });

  test("present host names stay, others are added", async () => {
    expect(await hostsBy(["", ""], two, DOMAIN, ["quay.io", "gcr.io"])).toEqual({
      ...two.hosts,
      "gc.example.com": "gcr.io",
    });
  });

  test("the host name of a removed registry goes; that of Docker Hub stays", async () => {
    expect(await hostsBy([], two, DOMAIN, [])).toEqual({ "hub.example.com": "docker.io" });
    expect(await hostsBy(["n"], two, DOMAIN, ["quay.io"])).toEqual({
      "hub.example.com": "docker.io",
    });
  });

  test("host names go with the domain, but stay if there was none", async () => {
    expect(await hostsBy([], { ...two, domain: null }, null, ["quay.io"])).toEqual(two.hosts);
    expect(await hostsBy([], two, null, ["quay.io"])).toEqual({});
  });
});

describe("the layers", () => {
  test("are explained with both stores, and are in R2 after a yes only", async () => {
    const no = createContext({ answers: [""] });
    expect(await askBlobs(no.terminal, current)).toBe(false);
    expect(no.said.join("\n")).toMatch(/Without R2, .* edge cache/);
    expect(no.said.join("\n")).toContain("payment method");
    expect(await askBlobs(createContext({ answers: ["y"] }).terminal, current)).toBe(true);
  });

  test("are not asked about if BLOB_MAX_BYTES is 0, which stores none", async () => {
    const text = `${SHIPPED}\n[vars]\nBLOB_MAX_BYTES = 0\n`;
    const { terminal, said } = createContext({ answers: [] });
    expect(await askBlobs(terminal, readCurrentConfig(text, []))).toBe(false);
    expect(said.at(-1)).toContain("the mirror stores no layers");
  });
});

describe("the search", () => {
  test("is off unless wanted, and is kept", async () => {
    const on = { ...current, hasSearch: true };
    expect(await askSearch(createContext({ answers: [""] }).terminal, current)).toBe(false);
    expect(await askSearch(createContext({ answers: [""] }).terminal, on)).toBe(true);
    expect(await askSearch(createContext({ answers: ["n"] }).terminal, on)).toBe(false);
  });

  test("is not asked about at another upstream than Docker Hub", async () => {
    const { terminal } = createContext({ answers: [] });
    expect(await askSearch(terminal, { ...current, upstream: "https://ghcr.io" })).toBe(false);
  });
});
