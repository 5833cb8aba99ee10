import { expect, test } from "vitest";
import { authenticate } from "../../src/access/authenticate.ts";
import { readAccess } from "../../src/config/access.ts";
import { readRegistries } from "../../src/config/registries.ts";
import type { Env } from "../../src/config/settings.ts";

const SECRET = "0123456789abcdef";
const SECOND = "fedcba9876543210";
const PATHS = { ACCESS_PATHS: `home=${SECRET}, office=${SECOND}` };
const USERS = { ACCESS_USERS: "alice=a:b" };

function enter(pathname: string, variables: object, login: string | null = null) {
  const env = variables as Env;
  const headers = login === null ? {} : { authorization: `Basic ${btoa(login)}` };
  const request = new Request(`https://mirror.example.com${pathname}`, { headers });
  const client = { address: null, country: null, asn: null };
  const access = readAccess(env, readRegistries(env));
  return authenticate(access, request, { client, startedAt: 0 });
}

test.each([
  [`/${SECRET}/v2/x`, "/v2/x", `/${SECRET}/v2/`, "home"],
  [`/v2/${SECRET}/x`, "/v2/x", `/v2/${SECRET}/`, "home"],
  [`/v2/${SECRET}`, "/v2/", `/v2/${SECRET}/`, "home"],
  [`/${SECOND}`, "/", `/${SECOND}/v2/`, "office"],
])("a secret is removed from the path %s", async (path, pathname, basePath, name) => {
  const pathSecret = name === "home" ? SECRET : SECOND;
  const lock = { name, secret: pathSecret };
  expect(await enter(path, PATHS)).toEqual({ pathname, basePath, pathSecret, lock });
});

test("a secret in the path of a user is refused, since the log would contain it", async () => {
  const both = { ...PATHS, ...USERS };
  expect(await enter("/v2/x", both, "alice:a:b")).toMatchObject({ lock: { name: "alice" } });
  const paths = [`/v2/x/${SECRET}`, `/v2/x/%2${SECRET}`, `/v2/x/%66${SECOND.slice(1)}/%zz`];
  for (const path of paths) {
    expect(await enter(path, both, "alice:a:b")).toBeNull();
  }
});

test("a client without a known address is in no network, but a missing secret comes first", async () => {
  const everywhere = { ACCESS_NETWORKS: "0.0.0.0/0, ::/0" };
  await expect(enter("/v2/", everywhere)).rejects.toMatchObject({ code: "DENIED" });
  expect(await enter("/v2/", { ...everywhere, ...PATHS })).toBeNull();
});
