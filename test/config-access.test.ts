import { describe, expect, test } from "vitest";
import { readAccess } from "../src/config-access.ts";
import { readRegistries } from "../src/config-registries.ts";
import type { Env } from "../src/env.ts";
import type { AccessConfig } from "../src/mirror/context.ts";

const SECRET = "0123456789abcdef";

function read(vars: Readonly<Record<string, unknown>>): AccessConfig {
  const env = vars as unknown as Env;
  return readAccess(env, readRegistries(env));
}

function refusal(vars: Readonly<Record<string, unknown>>): string {
  try {
    read(vars);
  } catch (error) {
    return String(error);
  }
  throw new Error("they were taken");
}

test("lists are read, and empty ones are none", () => {
  const access = read({
    ACCESS_PATHS: `a=${SECRET}\nb=${SECRET}_-A`,
    ACCESS_USERS: "ann=x,bob=y",
    ACCESS_NETWORKS: "10.0.0.0/8, country:CN\nasn:4134",
    IMAGES_ALLOW: "library/* grafana/**",
    IMAGES_DENY: "*/*:latest",
    PRIVATE_IMAGES: "allow",
  });
  expect(access.paths.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(access.users).toHaveLength(2);
  expect(access.networks.map(({ kind }) => kind)).toEqual(["prefix", "country", "asn"]);
  expect(access.allowedImages.map(({ text }) => text)).toEqual(["library/*", "grafana/**"]);
  expect(access.deniedImages.map(({ text }) => text)).toEqual(["*/*:latest"]);
  const empty = { ACCESS_PATHS: "", ACCESS_USERS: "", ACCESS_NETWORKS: " ", IMAGES_ALLOW: "" };
  expect(read(empty)).toEqual(read({}));
});

describe("a bad value is named, and no secret told:", () => {
  test.each([
    ["ACCESS_PATHS", "SECRET"],
    ["ACCESS_PATHS", "a=SECRET"],
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
    ["ACCESS_NETWORKS", "10.0.0.0/8, everywhere"],
    ["IMAGES_ALLOW", "Library/*"],
    ["IMAGES_DENY", "a/b:c:d"],
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
});

test("a login needs a key that cannot be guessed, and no users beside it", () => {
  const key = "k".repeat(32);
  expect(read({ LOGIN: "upstream", LOGIN_KEY: key }).loginKey).toBe(key);
  expect(read({ LOGIN: "off", LOGIN_KEY: "short" }).loginKey).toBeNull();
  expect(refusal({ LOGIN: "upstream" })).toContain("LOGIN_KEY ");
  expect(refusal({ LOGIN: "upstream", LOGIN_KEY: "SECRET" })).not.toContain("SECRET ");
  const both = { LOGIN: "upstream", LOGIN_KEY: key, ACCESS_USERS: "a=b" };
  expect(refusal(both)).toContain("LOGIN and ACCESS_USERS");
});
