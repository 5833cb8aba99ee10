import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { envOf, misconfiguration, type Vars } from "./misconfiguration.ts";

const read = (vars: Vars = {}) => readConfig(envOf(vars));
const refusal = (vars: Vars) => misconfiguration(readConfig, vars);

test("nothing needs to be set: the default is Docker Hub, without an account", () => {
  const { registries, ...rest } = read();
  expect(registries.all.map(({ name }) => name)).toEqual(["docker.io"]);
  expect(registries.primary.endpoints[0].account).toBeNull();
  expect(rest).toEqual({
    tagTtlSeconds: 60,
    staleTtlSeconds: 2_592_000,
    upstreamTimeoutSeconds: 10,
    keepsDeleted: false,
    blobMaxBytes: 1_073_741_824,
    blobKeepMs: 2_592_000_000,
    hasHomePage: true,
    hasKv: false,
    hasSearch: false,
    logSample: 1,
    isLogClientFull: false,
    access: {
      paths: [],
      users: [],
      networks: [],
      allowedImages: [],
      deniedImages: [],
      privateImages: "check",
      loginKey: null,
    },
  });
});

describe("a whole number", () => {
  test.each([
    ["TAG_TTL_SECONDS", 0, "tagTtlSeconds", 0],
    ["TAG_TTL_SECONDS", "315360000", "tagTtlSeconds", 315_360_000],
    ["STALE_TTL_SECONDS", "0", "staleTtlSeconds", 0],
    ["STALE_TTL_SECONDS", 315_360_000, "staleTtlSeconds", 315_360_000],
    ["UPSTREAM_TIMEOUT_SECONDS", 1, "upstreamTimeoutSeconds", 1],
    ["UPSTREAM_TIMEOUT_SECONDS", "100", "upstreamTimeoutSeconds", 100],
    ["BLOB_MAX_BYTES", 0, "blobMaxBytes", 0],
    ["BLOB_MAX_BYTES", "5237637120", "blobMaxBytes", 5_237_637_120],
    ["BLOB_KEEP_DAYS", 1, "blobKeepMs", 86_400_000],
    ["BLOB_KEEP_DAYS", 3_650, "blobKeepMs", 315_360_000_000],
  ] as const)("%s = %j is read", (name, value, key, number) => {
    expect(read({ [name]: value })[key]).toBe(number);
  });

  test.each([
    ["TAG_TTL_SECONDS", 315_360_001, "from 0 to 315360000"],
    ["STALE_TTL_SECONDS", 315_360_001, "from 0 to 315360000"],
    ["UPSTREAM_TIMEOUT_SECONDS", 0, "from 1 to 100"],
    ["UPSTREAM_TIMEOUT_SECONDS", 101, "from 1 to 100"],
    ["BLOB_MAX_BYTES", 5_237_637_121, "from 0 to 5237637120"],
    ["BLOB_KEEP_DAYS", 0, "from 1 to 3650"],
    ["BLOB_KEEP_DAYS", 3_651, "from 1 to 3650"],
  ])("%s = %j is out of range", (name, value, range) => {
    expect(refusal({ [name]: value }).message).toContain(`${name} must be a whole number ${range}`);
  });

  const invalid = ["", " ", "-1", "+1", "1.5", "1e2", "0x10", "60s", " 60", "60\n", "٣", "NaN"];
  test.each([...invalid, "Infinity", "00000000060", true, -1, 0.5, 1e21])("is not %j", (value) => {
    for (const name of ["TAG_TTL_SECONDS", "STALE_TTL_SECONDS", "UPSTREAM_TIMEOUT_SECONDS"]) {
      expect(refusal({ [name]: value }).message).toContain(`${name} must be a whole number`);
    }
  });
});

describe("a choice", () => {
  test.each([
    ["HOME_PAGE", "on", "hasHomePage", true],
    ["HOME_PAGE", "off", "hasHomePage", false],
    ["SEARCH", "on", "hasSearch", true],
    ["SEARCH", "off", "hasSearch", false],
    ["LOG_CLIENT", "full", "isLogClientFull", true],
    ["LOG_CLIENT", "short", "isLogClientFull", false],
  ] as const)("%s = %s is read", (name, value, key, expected) => {
    expect(read({ [name]: value })[key]).toBe(expected);
  });

  test.each([
    ["HOME_PAGE", "on, off"],
    ["SEARCH", "on, off"],
    ["LOG_CLIENT", "full, short"],
  ])("%s has no other value than %s", (name, form) => {
    for (const value of ["", "On", "true", " on", "off ", "no", "none", 1, true]) {
      expect(refusal({ [name]: value }).message).toContain(`${name} must be one of ${form}`);
    }
  });
});

describe("LOG_SAMPLE", () => {
  test.each([
    [0, 0],
    ["0", 0],
    ["0.000001", 0.000_001],
    [0.25, 0.25],
    ["1.0", 1],
    [1, 1],
  ])("%j is read", (value, share) => {
    expect(read({ LOG_SAMPLE: value }).logSample).toBe(share);
  });

  test.each(["", "1.1", "2", "-0.5", ".5", "0.", "1e-3", "50%", "0,5", " 1", true])(
    "%j is invalid",
    (value) => {
      expect(refusal({ LOG_SAMPLE: value }).message).toContain(
        "LOG_SAMPLE must be a number from 0 to 1",
      );
    },
  );
});
