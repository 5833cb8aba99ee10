import { isManifestType } from "../../../src/protocol/media-type.ts";
import { readableBytes } from "../../logs/amounts.ts";
import type { Check } from "../check.ts";
import { failure, ok } from "../finding.ts";

const BETWEEN =
  "something between the mirror and you changes headers: turn off compression and rewriting for this host; Docker 29, containerd and BuildKit fail without them";

/** HEAD of the tag: what Docker and containerd begin a pull with, and need whole. */
export const manifestHead: Check = {
  name: "manifest-head",
  async run({ tag, image }) {
    const { headers } = await tag();
    const length = headers.get("content-length") ?? "";
    const type = headers.get("content-type") ?? "";
    const digest = headers.get("docker-content-digest") ?? "";
    if (!/^[1-9]\d*$/.test(length)) {
      return failure(`Content-Length is ${length || "missing"}`, BETWEEN);
    }
    if (!isManifestType(type)) return failure(`Content-Type is ${type || "missing"}`, BETWEEN);
    if (!/^[a-z0-9]+:[0-9a-f]{64,}$/.test(digest)) {
      return failure(`Docker-Content-Digest is ${digest || "missing"}`, BETWEEN);
    }
    const short = digest.slice(0, "sha256:".length + 12);
    return ok(`${image.reference}: ${short}…, ${readableBytes(Number(length))}, ${type}`);
  },
};
