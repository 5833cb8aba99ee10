import { expect, test } from "vitest";
import { openMirrorToken, sealMirrorToken } from "../../src/access/mirror-token.ts";
import { createSealer } from "../../src/protocol/seal.ts";

const sealer = createSealer("k".repeat(32));
const LOGIN = { registry: "docker.io", accountHash: "abc", upstreamToken: "secret" };

test.each([null, LOGIN])("a token is valid until it expires: %j", async (login) => {
  const text = await sealMirrorToken(sealer, { login, expiresAt: 1000 });
  expect(await openMirrorToken(sealer, text, 999)).toEqual({ login, expiresAt: 1000 });
  expect(await openMirrorToken(sealer, text, 1000)).toBeNull();
  expect(text).not.toContain("secret");
});

test("a token of another mirror, without an expiry, for another purpose, or malformed is none", async () => {
  const other = createSealer("x".repeat(32));
  const foreign = await sealMirrorToken(other, { login: LOGIN, expiresAt: 1000 });
  const unlimited = await sealer.seal("mirror token v1", { login: LOGIN });
  const state = await sealer.seal("something else", { login: LOGIN, expiresAt: 1000 });
  for (const text of [foreign, unlimited, state, "", "abc", null]) {
    expect(await openMirrorToken(sealer, text, 0)).toBeNull();
  }
});
