import { tally } from "../test/support/hub.ts";
import type { Failing, Fresh } from "./acts.ts";
import type { Scene } from "./scene.ts";

/** Something the demo says, and whether it turned out so. */
export interface Claim {
  readonly text: string;
  readonly holds: boolean;
}

/** What is claimed of the first two pulls. */
export function claimsOfFresh({ cold, warm }: Fresh, digest: string): Claim[] {
  const counts = tally(cold.upstream);
  const blobs = cold.pulled.steps.filter(({ path }) => path.includes("/blobs/")).length;
  const manifests = cold.pulled.steps.length - blobs - 1;
  return [
    { text: everyDigest(cold), holds: sameDigest(digest, cold, warm) },
    {
      text: "First pull: one challenge, one token, one look at the tag, each manifest once",
      holds:
        counts["registry GET challenge"] === 1 &&
        counts["auth GET token"] === 1 &&
        counts["registry HEAD manifest"] === 1 &&
        counts["registry GET manifest"] === manifests,
    },
    {
      text: "First pull: each blob is one redirect and one download",
      holds: counts["registry GET blob"] === blobs && counts["storage GET blob"] === blobs,
    },
    {
      text: `First pull: ${manifests} off the quota, for the index and one manifest`,
      holds: cold.pulls === manifests,
    },
    { text: "Second pull: nothing went upstream", holds: warm.upstream.length === 0 },
  ];
}

/** What is claimed of the other two. */
export function claimsOfFailing(failing: Failing, digest: string): Claim[] {
  const { limited, limitedDirectly, gone, goneDirectly } = failing;
  const refused = goneDirectly === "ECONNREFUSED";
  return [
    {
      text: "Both pulls arrived whole, from what was kept",
      holds: sameDigest(digest, limited, gone),
    },
    {
      text: `Limited: directly ${limitedDirectly}; through the mirror 200, with a Warning`,
      holds: limitedDirectly === "429" && limited.upstream.length > 0 && warns(limited),
    },
    {
      text: `Gone: directly ${refused ? "connection refused" : goneDirectly}; through the mirror 200, with a Warning`,
      holds: refused && gone.upstream.length === 0 && warns(gone),
    },
    { text: "Neither cost anything off the quota", holds: limited.pulls + gone.pulls === 0 },
  ];
}

function everyDigest({ pulled }: Scene): string {
  const checked = pulled.steps.filter(({ method }) => method === "GET").length;
  return `Both pulls arrived whole: ${checked} digests and lengths verified, twice`;
}

function sameDigest(digest: string, ...scenes: Scene[]): boolean {
  return scenes.every(({ pulled }) => pulled.digest === digest);
}

/** Only the tag can be out of date; what has a digest cannot. */
function warns({ pulled }: Scene): boolean {
  const warned = pulled.steps.filter(({ warning }) => warning?.startsWith('299 - "'));
  return warned.length === 1 && warned[0]?.method === "HEAD";
}
