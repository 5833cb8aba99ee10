import { readableMs } from "../../logs/amounts.ts";
import type { Check } from "../check.ts";
import { failure, ok, warning } from "../finding.ts";
import type { Reply } from "../http/reply.ts";
import { ACCEPT_ALL } from "../samples.ts";
import { isHit, type Visit } from "../visit.ts";

/** What is kept is written after the answer, and another isolate may be asked next. */
const TRIES = 3;
const PAUSE_MS = 700;

/** What was asked a moment ago is answered without the upstream. */
export const cache: Check = {
  name: "cache",
  async run(visit) {
    const { image, manifest } = visit;
    const { digest } = await manifest();
    const byDigest = await untilHit(visit, digest);
    const byTag = await untilHit(visit, image.reference);
    if (!byTag.headers.has("cache-status")) {
      return failure(
        "no Cache-Status: nothing tells whether the mirror keeps anything",
        "something between the mirror and you takes headers away: look for rules that do (Rules → Transform Rules)",
      );
    }
    if (!isHit(byDigest.headers)) {
      return warning(
        `the manifest is not kept: ${byDigest.headers.get("cache-status")}`,
        "each pull costs quota: npm run logs shows `cache failed` and why; on the free plan KV takes 1,000 writes a day, until midnight UTC",
      );
    }
    if (isHit(byTag.headers)) return ok(`asked again: a hit, ${readableMs(byTag.firstByteMs)}`);
    return warning(
      `the manifest is kept, the tag is looked up every time: ${byTag.headers.get("cache-status")}`,
      "TAG_TTL_SECONDS = 0 has it so; else npm run logs shows `cache failed` and why",
    );
  },
};

/** HEAD costs nothing, whatever is kept. */
async function untilHit({ ask, image, pause }: Visit, reference: string): Promise<Reply> {
  const path = `/v2/${image.name}/manifests/${reference}`;
  for (let attempt = 1; ; attempt += 1) {
    const reply = await ask(path, { method: "HEAD", headers: ACCEPT_ALL });
    if (isHit(reply.headers) || attempt === TRIES) return reply;
    await pause(PAUSE_MS);
  }
}
