import { expect, test } from "vitest";
import { checkBasicAccount } from "../../src/upstream/account.ts";
import { answer, createUpstream, failureFrom } from "./network.ts";

const ASKED = new URL("https://registry-1.docker.io/v2/team/app/manifests/1");
const BASIC = "Basic c2FtcGFuOmh1bnRlcjI=";

test.each([null, "Bearer abc"])(
  "what is no account for HTTP Basic is not tried: %s",
  async (header) => {
    const { upstream, seen } = createUpstream(() => answer(401));
    await checkBasicAccount(upstream, ASKED, header);
    expect(seen).toEqual([]);
  },
);

test.each([200, 403, 500])("an account is not wrong where `/v2/` answers %i", async (status) => {
  const { upstream, seen } = createUpstream(() => answer(status));
  await checkBasicAccount(upstream, ASKED, BASIC);
  expect(
    seen.map(({ method, url, headers }) => [method, url, headers.get("authorization")]),
  ).toEqual([["GET", "https://registry-1.docker.io/v2/", BASIC]]);
});

test("an account that `/v2/` does not take is rejected, and is not told", async () => {
  const { upstream } = createUpstream(() => answer(401));
  const error = await failureFrom(checkBasicAccount(upstream, ASKED, BASIC));
  expect(error).toMatchObject({ code: "UNAVAILABLE", status: 502, reason: "account rejected" });
  expect(error.isPassing).toBe(false);
  expect(error.message).not.toContain("c2FtcGFu");
});
