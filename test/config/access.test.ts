import { describe, expect, test } from "vitest";
import { parseImageRule, parseSecretList, readAccess } from "../../src/config/access.ts";
import { readRegistries } from "../../src/config/registries.ts";
import type { Env } from "../../src/config/settings.ts";
import type { Name } from "../../src/protocol/name.ts";
import { envOf, misconfiguration, type Vars } from "./misconfiguration.ts";

const SECRET = "0123456789abcdef";
const KEY = "k".repeat(32);

const readEnv = (env: Env) => readAccess(env, readRegistries(env));
const read = (vars: Vars) => readEnv(envOf(vars));
const refusal = (vars: Vars) => misconfiguration(readEnv, vars).message;

test("every list is read", () => {
  const access = read({
    ACCESS_PATHS: `a=${SECRET}\nb=${SECRET}_-A,c=${"x".repeat(128)}`,
    ACCESS_USERS: "ann=x,bob=y",
    ACCESS_NETWORKS: "10.0.0.0/8, country:CN\nasn:4134",
    IMAGES_ALLOW: "library/* grafana/**",
    IMAGES_DENY: "*/*:latest",
    PRIVATE_IMAGES: "allow",
  });
  expect(access.paths.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  expect(access.users).toEqual([
    { name: "ann", secret: "x" },
    { name: "bob", secret: "y" },
  ]);
  expect(access.networks.length).toBe(3);
  expect(access.allowedImages.map(({ text }) => text)).toEqual(["library/*", "grafana/**"]);
  expect(access.deniedImages.map(({ text }) => text)).toEqual(["*/*:latest"]);
  expect(access.privateImages).toBe("allow");
});

test("an empty list restricts nothing", () => {
  const empty = { ACCESS_PATHS: "", ACCESS_USERS: "", ACCESS_NETWORKS: " ", IMAGES_ALLOW: "" };
  expect(read(empty)).toEqual(read({}));
});

describe("an invalid value is named by its variable, without the secret:", () => {
  test.each([
    ["ACCESS_PATHS", "SECRET"],
    ["ACCESS_PATHS", "a=SECRET"],
    ["ACCESS_PATHS", "a=SECRET789012345"],
    ["ACCESS_PATHS", `a=${"SECRET".repeat(22)}`],
    ["ACCESS_PATHS", "a=SECRET/SECRET/SECRET"],
    ["ACCESS_PATHS", "a=SECRET%20SECRETSECRET"],
    ["ACCESS_PATHS", `a=${SECRET},b=SECRET`],
    ["ACCESS_PATHS", `a=${SECRET};b=${SECRET}`],
    ["ACCESS_PATHS", " "],
    ["ACCESS_PATHS", ","],
    ["ACCESS_USERS", "SECRET"],
    ["ACCESS_USERS", "a="],
    ["ACCESS_USERS", ","],
    ["ACCESS_NETWORKS", "10.0.0.0/33"],
    ["IMAGES_ALLOW", "Library/*"],
    ["IMAGES_DENY", "a/b:c:d"],
    ["IMAGES_DENY", "/a"],
    ["IMAGES_DENY", "busybox"],
    ["PRIVATE_IMAGES", "Allow"],
    ["PRIVATE_IMAGES", ""],
    ["PRIVATE_IMAGES", "allow"],
    ["LOGIN", "on"],
    ["LOGIN", ""],
  ])("%s = %j", (name, value) => {
    const message = refusal({ [name]: value });
    expect(message).toContain(`misconfigured: ${name} `);
    expect(message).not.toContain("SECRET");
    expect(message).not.toContain(SECRET);
  });

  test("a list is named with the number of its entry", () => {
    expect(refusal({ ACCESS_NETWORKS: "10.0.0.0/8, everywhere" })).toContain(
      "ACCESS_NETWORKS entry 2 is invalid; expected 1.2.3.0/24, 2001:db8::/32, country:CN or asn:4134",
    );
  });
});

describe("logins with an upstream account", () => {
  test("need a key of at least 32 characters", () => {
    expect(read({ LOGIN: "upstream", LOGIN_KEY: KEY }).loginKey).toBe(KEY);
    expect(read({ LOGIN: "off", LOGIN_KEY: "short" }).loginKey).toBeNull();
    for (const LOGIN_KEY of [undefined, "", "S".repeat(31)]) {
      const message = refusal({ LOGIN: "upstream", LOGIN_KEY });
      expect(message).toContain("LOGIN_KEY must have at least 32 characters");
      expect(message).not.toContain("SS");
    }
  });

  test("exclude users", () => {
    const message = refusal({ LOGIN: "upstream", LOGIN_KEY: KEY, ACCESS_USERS: "a=b" });
    expect(message).toContain("LOGIN and ACCESS_USERS cannot both be set");
  });
});

describe("parseSecretList", () => {
  const parse = (raw: string) => parseSecretList(raw, (secret) => secret !== "");

  test.each([
    ["a=1,b=2\nc=3\r\n  d = 4 ,\n,a=5,", ["a 1", "b 2", "c 3", "d 4", "a 5"]],
    ["ann_b.c-d@example.com=x=y=", ["ann_b.c-d@example.com x=y="]],
    ["", []],
    ["\n,\r\n", []],
  ])("reads %j", (raw, entries) => {
    expect(parse(raw)?.map(({ name, secret }) => `${name} ${secret}`)).toEqual(entries);
  });

  test.each([
    "a",
    "=",
    "a=",
    "=b",
    "a b=c",
    "ä=c",
    "a=1,b",
    "a=1\nb=",
    `${"n".repeat(65)}=x`,
    "a:b=c",
  ])("is null for %j, since one entry is malformed", (raw) => {
    expect(parse(raw)).toBeNull();
  });

  test("is null if a secret is not valid here", () => {
    expect(parseSecretList("a=good,b=bad", (secret) => secret === "good")).toBeNull();
  });
});

describe("parseImageRule", () => {
  const registries = readRegistries(envOf({ REGISTRIES: { "ghcr.io": "https://ghcr.io" } }));

  test.each([
    ["library/*", "docker.io", "library/busybox"],
    ["*/*", "docker.io", "a.b/c"],
    ["docker.io/library/*", "docker.io", "library/busybox"],
    ["index.docker.io/library/*", "docker.io", "library/busybox"],
    ["GHCR.io/**", "ghcr.io", "owner/app"],
    ["ghcr.io/owner/app:1.*", "ghcr.io", "owner/app"],
    ["ghcr.io/app", "ghcr.io", "app"],
    ["**", "docker.io", "library/busybox"],
    ["busy**", "docker.io", "busy/box"],
  ])("reads %s as a rule for %s that matches %s", (text, registry, name) => {
    const rule = parseImageRule(text, registries);
    expect([rule?.text, rule?.registry.name]).toEqual([text, registry]);
    expect(rule?.matchesName(name as Name)).toBe(true);
  });

  test.each([
    "quay.io/**",
    "localhost/**",
    "ghcr.io/",
    "ghcr.io/A",
    "",
    "busybox",
    "busybox:1",
    "*",
    "docker.io/busybox",
  ])("is null for %j", (text) => {
    expect(parseImageRule(text, registries)).toBeNull();
  });
});
