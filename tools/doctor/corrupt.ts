import { parseJsonObject } from "../../src/protocol/json.ts";
import { contentOf, digestOf } from "./content.ts";
import type { Diagnosis } from "./finding.ts";
import type { Reply } from "./http/reply.ts";
import type { Descriptor } from "./manifest.ts";

/** An answer came whole, and is not what it says it is. */
export class Corrupt extends Error {
  readonly diagnosis: Diagnosis;

  constructor(what: string) {
    super(what);
    this.name = "Corrupt";
    this.diagnosis = { what, remedy: REMEDY };
  }
}

const REMEDY =
  "the mirror checks what it keeps, so something between it and you changes or cuts bytes: turn off rewriting and compression for this host, or try another network; clients fail on this, and do not go elsewhere";
const SHORT = "sha256:".length + 12;

/** @returns the reply, if its bytes and headers are those of the manifest. @throws Corrupt */
export function provenManifest(reply: Reply, digest: string): Reply {
  const bytes = contentOf(reply);
  proveDigest("the manifest", bytes, digest);
  const told = reply.headers.get("docker-content-digest");
  if (told !== digest) {
    throw new Corrupt(`Docker-Content-Digest is ${told ?? "missing"}, not ${digest}`);
  }
  const type = reply.headers.get("content-type");
  const own = parseJsonObject(bytes)?.mediaType;
  if (typeof own === "string" && own !== type) {
    throw new Corrupt(`Content-Type is ${type ?? "missing"}, the manifest says ${own}`);
  }
  return reply;
}

/** @returns the reply, if its bytes are those of the blob. @throws Corrupt */
export function provenBlob(reply: Reply, { digest, size }: Descriptor): Reply {
  const bytes = contentOf(reply);
  if (bytes.byteLength !== size) {
    throw new Corrupt(`a blob came with ${bytes.byteLength} bytes of ${size}`);
  }
  proveDigest("a blob", bytes, digest);
  return reply;
}

function proveDigest(what: string, bytes: Uint8Array, digest: string): void {
  const actual = digestOf(bytes, digest);
  if (actual === digest) return;
  throw new Corrupt(`${what} is ${actual.slice(0, SHORT)}…, not ${digest.slice(0, SHORT)}…`);
}
