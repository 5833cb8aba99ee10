import { describe, expect, test } from "vitest";
import { authenticate } from "../../src/access/authenticate.ts";
import { type AccessConfig, parseSecretList } from "../../src/config/access.ts";
import { parseNetwork } from "../../src/protocol/network.ts";

const SECRET = "0123456789abcdef";
const SECOND = "fedcba9876543210";
const NOWHERE = { address: null, country: null, asn: null };

function enter(
  pathname: string,
  config: { paths?: string; users?: string; network?: string },
  authorization: string | null = null,
) {
  const network = parseNetwork(config.network ?? "");
  const access: AccessConfig = {
    paths: parseSecretList(config.paths ?? "", () => true) ?? [],
    users: parseSecretList(config.users ?? "", () => true) ?? [],
    networks: network ? [network] : [],
    allowedImages: [],
    deniedImages: [],
    privateImages: "check",
    loginKey: null,
  };
  return authenticate(access, { pathname, authorization, location: NOWHERE });
}

const basic = (text: string) => `Basic ${btoa(text)}`;
const PATHS = { paths: `home=${SECRET}, office=${SECOND}` };
const USERS = { users: "alice=a:b, bob=c" };

describe("a path secret", () => {
  test.each([
    [`/${SECRET}/v2/x`, "/v2/x", `/${SECRET}/v2/`, "home"],
    [`/v2/${SECRET}/x`, "/v2/x", `/v2/${SECRET}/`, "home"],
    [`/v2/${SECRET}`, "/v2/", `/v2/${SECRET}/`, "home"],
    [`/${SECOND}`, "/", `/${SECOND}/v2/`, "office"],
    [`/${SECOND}/`, "/", `/${SECOND}/v2/`, "office"],
  ])("is removed from %s", async (path, pathname, basePath, lock) => {
    const pathSecret = lock === "home" ? SECRET : SECOND;
    expect(await enter(path, PATHS)).toEqual({ pathname, basePath, pathSecret, lock });
  });

  test.each([
    "/",
    "//",
    "/v2/",
    "/v2//",
    "/v2/home/x",
    `/x/${SECRET}/v2/`,
    `/${SECRET.toUpperCase()}/v2/`,
    `/${SECRET}x/v2/`,
    `/${SECRET.slice(0, -1)}/v2/`,
    `/%30${SECRET.slice(1)}/v2/`,
  ])("is not in %s", async (path) => {
    expect(await enter(path, PATHS)).toBeNull();
  });

  test.each([
    `/${SECRET}/v2/${SECOND}/x`,
    `/${SECRET}/v2/x${SECRET}`,
    `/${SECRET}/v2/%30${SECRET.slice(1)}/x`,
    `/${SECRET}/v2/%zz/%30${SECRET.slice(1)}`,
  ])("may not be in the path twice: %s", async (path) => {
    expect(await enter(path, PATHS)).toBeNull();
  });

  test("may not be in the path of a user either", async () => {
    const config = { ...PATHS, ...USERS };
    expect(await enter(`/v2/x/${SECRET}`, config, basic("bob:c"))).toBeNull();
  });
});

describe("a user", () => {
  test.each([
    ["alice:a:b", "alice"],
    ["bob:c", "bob"],
  ])("%s enters by name and token", async (text, lock) => {
    const expected = { pathname: "/v2/", basePath: "/v2/", pathSecret: null, lock };
    expect(await enter("/v2/", USERS, basic(text))).toEqual(expected);
  });

  test.each([null, basic("alice:c"), basic('alice","a:b'), basic(":"), `Bearer ${btoa("bob:c")}`])(
    "is asked to log in with %s, at the registry only",
    async (authorization) => {
      await expect(enter("/v2/", USERS, authorization)).rejects.toMatchObject({
        code: "UNAUTHORIZED",
        headers: { "www-authenticate": 'Basic realm="mirror", charset="UTF-8"' },
      });
      expect(await enter("/", USERS, authorization)).toBeNull();
    },
  );
});

test("a client without a known location is in no allowed network", async () => {
  const network = "0.0.0.0/0";
  await expect(enter("/v2/", { network })).rejects.toMatchObject({ code: "DENIED" });
  expect(await enter("/v2/", { network, ...PATHS })).toBeNull();
  expect(await enter("/v2/", {})).toMatchObject({ lock: null });
});
