import { describe, expect, it } from "vitest";
import { createLinuxServer } from "../support/quirks/linuxserver.ts";
import { OCI_MANIFEST } from "./support/images.ts";
import { SCOPE, stockOf, useWorlds } from "./support/worlds.ts";

const createWorld = useWorlds();
const TOKEN = `ghcr.io GET /token?service=ghcr.io&${SCOPE}`;
const ACCOUNT = { username: "sampan", password: "hunter2" };
const BASIC = "Basic c2FtcGFuOmh1bnRlcjI=";

/** lscr.io and ghcr.io, which have one token service; one of them has an account. */
function createBoth(name: "lscr.io" | "ghcr.io") {
  const env = {
    REGISTRIES: { "ghcr.io": "https://ghcr.io" },
    REGISTRY_ACCOUNTS: JSON.stringify({ [name]: ACCOUNT }),
    PRIVATE_IMAGES: "public-only-account",
  };
  const { mirror, world } = createWorld(
    "lscr.io",
    createLinuxServer(stockOf(), { account: BASIC }),
    env,
  );

  /** @returns with which `Authorization` the token service was asked for this image. */
  async function logins(registry: string): Promise<(string | null)[]> {
    world.calls();
    const seen = world.sent("authorization").length;
    const answer = await mirror.get(`/v2/${registry}/owner/app/manifests/1`);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    const sent = world.sent("authorization").slice(seen);
    return world.calls().flatMap((call, index) => (call === TOKEN ? [sent[index] ?? null] : []));
  }
  return { mirror, logins };
}

describe("two registries with one token service", () => {
  it("[R6] [R8] share neither an account nor a token: the one that is redirected to has it", async () => {
    const { mirror, logins } = createBoth("ghcr.io");
    expect(await logins("lscr.io")).toEqual([null, null]);
    expect(await logins("ghcr.io")).toEqual([BASIC]);
    mirror.restart("elsewhere");
    mirror.clock.advance(3_600);
    expect(await logins("lscr.io")).toEqual([null, null]);
  });

  it("[R6] [R8] share neither an account nor a token: the one that redirects has it", async () => {
    const { mirror, logins } = createBoth("lscr.io");
    expect(await logins("ghcr.io")).toEqual([null]);
    expect(await logins("lscr.io")).toEqual([BASIC]);
    mirror.restart("elsewhere");
    mirror.clock.advance(3_600);
    expect(await logins("ghcr.io")).toEqual([null]);
  });

  it("[R8] keep what they have apart", async () => {
    const { mirror, logins } = createBoth("ghcr.io");
    await logins("ghcr.io");
    expect(await mirror.stored()).not.toContain("lscr.io/owner");
    await logins("lscr.io");
    const keys = (await mirror.kv.keys()).filter((key) => key.startsWith("v1/manifest/"));
    expect(keys.sort()).toEqual([
      `v1/manifest/ghcr.io/owner/app/${OCI_MANIFEST.digest}`,
      `v1/manifest/lscr.io/owner/app/${OCI_MANIFEST.digest}`,
    ]);
  });
});
