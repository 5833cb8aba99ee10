import type { Mutant } from "../mutant.ts";

/** What the cron trigger does unseen: layers swept, tags kept warm. */
export const SCHEDULE_MUTANTS: readonly Mutant[] = [
  {
    name: "sweeps the layers that are pulled",
    file: "cache/blob-sweep.ts",
    from: "now() - at > keepMs",
    to: "now() - at < keepMs",
    tests: ["handler/sweep"],
  },
  {
    name: "never notes that a layer was pulled",
    file: "cache/blob-store.ts",
    from: 'if (isDue(usedAt)) await bucket.put(noteKey(digest), "", dated(now()));',
    to: "",
    tests: ["handler/sweep", "cache/blob-store"],
  },
  {
    name: "sweeps the first thousand layers alone",
    file: "cache/blob-sweep.ts",
    from: "if (!page.truncated) return;",
    to: "if (!page.truncated || prefix === BLOBS) return;",
    tests: ["cache/blob-sweep"],
  },
  {
    name: "warms no tag where the sweep fails",
    file: "scheduled.ts",
    from: "log(event, { reason: describeCause(cause) });",
    to: "throw cause;",
    tests: ["handler/sweep", "handler/warm"],
  },
  {
    name: "keeps warm for ever what nobody pulls",
    file: "cache/pointer.ts",
    from: "lifeSeconds - (now() - keptAt) / 1000",
    to: "lifeSeconds",
    tests: ["handler/warm", "cache/pointer"],
  },
  {
    name: "keeps warm with the last pulls",
    file: "mirror/keep-warm.ts",
    from: "if (isLow(context.upstream.quota, context.now())) throw quotaLow(image);",
    to: "",
    tests: ["handler/warm"],
  },
  {
    name: "keeps warm with more upstream requests than a run may make",
    file: "mirror/keep-warm.ts",
    from: "if (isSpent(context)) break;",
    to: "",
    tests: ["handler/warm"],
  },
  {
    name: "keeps warm what a rule denies",
    file: "mirror/keep-warm.ts",
    from: "checkImage(context.access, image, reference);",
    to: "",
    tests: ["handler/warm"],
  },
  {
    name: "keeps warm what has turned private",
    file: "mirror/keep-warm.ts",
    from: "await authorize(context, image, route, null);",
    to: "",
    tests: ["handler/warm"],
  },
  {
    name: "sweeps layers whose notes it has not read",
    file: "cache/blob-sweep.ts",
    from: 'if (!isComplete) throw new Error("there are more notes in BLOBS than can be read");',
    to: "void isComplete;",
    tests: ["cache/blob-sweep"],
  },
  {
    name: "asks again for a tag that has just been kept warm",
    file: "mirror/keep-warm.ts",
    from: "context.pointers.confirm(key, known);",
    to: "",
    tests: ["handler/warm"],
  },
];
