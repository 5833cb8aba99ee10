import type { Mutant } from "../mutant.ts";

/** The log tells what it must not, or keeps silent. */
export const LOG_MUTANTS: readonly Mutant[] = [
  {
    name: "logs a signed URL",
    file: "log.ts",
    from: '.replace(/https?:\\/\\/[^\\s"<>]*/gi, hostOnly)',
    to: "",
    tests: ["log"],
  },
  {
    name: "logs a token",
    file: "log.ts",
    from: '.replace(/\\b(Bearer|Basic)\\s+\\S+/gi, "$1 …")',
    to: "",
    tests: ["log"],
  },
  {
    name: "logs the access path",
    file: "mirror/mirror.ts",
    from: "entry.path = admission.pathname;",
    to: "entry.path = url.pathname;",
    tests: ["handler/access-paths"],
  },
  {
    name: "logs a client's whole address",
    file: "access-log.ts",
    from: "from.address === null || isClientFull ? from.address : shortened(from.address)",
    to: "from.address",
    tests: ["handler/log"],
  },
  {
    name: "logs a share of the failures alone",
    file: "access-log.ts",
    from: "isFailure || outside.random() < logSample",
    to: "outside.random() < logSample",
    tests: ["handler/log"],
  },
  {
    name: "lets the metrics fail a pull",
    file: "access-log.ts",
    from: "// There is nothing to be done about it, and the pull goes on.",
    to: 'throw new Error("no metrics");',
    tests: ["handler/log"],
  },
  {
    name: "tells a client why the mirror failed",
    file: "handle.ts",
    from: '"UNKNOWN", "the mirror failed; its log tells why"',
    to: '"UNKNOWN", reason',
    tests: ["handler/unknown", "handler/secrets"],
  },
  {
    name: "fails with a page, a cookie, a challenge and a secret",
    file: "mirror/respond.ts",
    from: "bytes, headers, status)",
    to: `"<h1>hunter2</h1>", {
    "content-type": "text/html",
    "set-cookie": "session=1",
    "www-authenticate": "Basic realm=mirror",
  }, status)`,
    tests: ["properties/mirror/story"],
  },
  {
    name: "asks for a login and leaves a cookie where it fails",
    file: "mirror/respond.ts",
    from: "bytes, headers, status)",
    to: 'bytes, { ...headers, "set-cookie": "s=1", "www-authenticate": "Basic" }, status)',
    tests: ["properties/mirror/order"],
  },
];
