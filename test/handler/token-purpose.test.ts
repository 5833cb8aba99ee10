import { describe, expect, it } from "vitest";
import { createSealer } from "../../src/protocol/seal.ts";
import { LOGIN, useLoginMirrors, withAuthorization } from "../support/mirror/scenarios.ts";

const createMirror = useLoginMirrors();
const RECORD = { login: null, expiresAt: Date.UTC(2030, 0, 1) };

describe("a text that is sealed with the mirror's key", () => {
  it.each([
    ["mirror token v1", 200],
    ["mirror token v0", 401],
    ["mirror token", 401],
    ["", 401],
    ["another purpose v1", 401],
  ])("[A7d] for the purpose %j is answered with %i", async (purpose, code) => {
    const token = await createSealer(LOGIN.LOGIN_KEY).seal(purpose, RECORD);
    const answer = await createMirror().ask("/v2/", withAuthorization(`Bearer ${token}`));
    expect(answer.status).toBe(code);
  });

  it("[A7d] for another registry is not used for this one", async () => {
    const login = { registry: "quay.io", accountHash: "0".repeat(64), upstreamToken: "x" };
    const sealer = createSealer(LOGIN.LOGIN_KEY);
    const token = await sealer.seal("mirror token v1", { ...RECORD, login });
    const mirror = createMirror();
    const secret = "/v2/alice/secret/manifests/1";
    expect((await mirror.ask(secret, withAuthorization(`Bearer ${token}`))).status).toBe(404);
    const sent = mirror.sent.map(({ init }) => new Headers(init.headers).get("authorization"));
    expect(sent).not.toContain("Bearer x");
  });
});
