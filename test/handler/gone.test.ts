import { describe, expect, it } from "vitest";
import { CONFIG, COUNTED_BLOB, LAYER, OCI_INDEX, OCI_MANIFEST } from "../support/contents.ts";
import type { Mirror } from "../support/mirror/in-process.ts";
import { PULL, useArchiveMirrors } from "../support/mirror/scenarios.ts";

const createMirror = useArchiveMirrors();
const DAY_SECONDS = 86_400;
const EXPECTED = [OCI_INDEX, OCI_INDEX, OCI_MANIFEST, CONFIG, LAYER, COUNTED_BLOB].map(
  ({ digest }) => digest,
);

async function createPulled(): Promise<Mirror> {
  const mirror = createMirror();
  for (const path of PULL) await mirror.warm(path);
  return mirror;
}

/** Every step of a pull is right; only the tag may be told to be an old one. */
async function expectWhole(mirror: Mirror): Promise<void> {
  for (const [index, path] of PULL.entries()) {
    for (const answer of [await mirror.head(path), await mirror.get(path)]) {
      expect(answer.status, path).toBe(200);
      expect(answer.headers.get("docker-content-digest")).toBe(EXPECTED[index]);
      expect(answer.headers.has("warning")).toBe(index === 0);
    }
    const { bytes } = await mirror.get(path);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    expect(`sha256:${hash}`).toBe(EXPECTED[index]);
  }
}

describe.each(["gone", "limited"] as const)("an upstream that is %s", (mode) => {
  it.each([
    ["here", 3 * 3600],
    ["elsewhere", 3 * 3600],
    ["elsewhere", 29 * DAY_SECONDS],
  ] as const)(
    "[B2] [33] [35] is stood in for, index, manifest, configuration and layers, %s after %i s",
    async (where, seconds) => {
      const mirror = await createPulled();
      mirror.hub.become(mode);
      mirror.clock.advance(seconds);
      mirror.restart(where);
      await expectWhole(mirror);
    },
  );

  it("[B2] is not asked for anything but the tag", async () => {
    const mirror = await createPulled();
    mirror.hub.become(mode);
    mirror.clock.advance(3600);
    mirror.restart("elsewhere");
    for (const path of PULL.slice(1)) expect((await mirror.get(path)).status).toBe(200);
    expect(mirror.calls()).toEqual([]);
  });
});
