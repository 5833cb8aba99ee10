import { parseJsonObject } from "../../../src/protocol/json.ts";
import type { Check } from "../check.ts";
import { textOf } from "../content.ts";
import { diagnose } from "../diagnosis/diagnose.ts";
import { readError } from "../diagnosis/mirror-error.ts";
import { diagnoseOther } from "../diagnosis/other-software.ts";
import { isHtml } from "../diagnosis/page.ts";
import { failure, ok } from "../finding.ts";
import type { Reply } from "../http/reply.ts";

/** Sampan answers, and its errors arrive as clients can read them. It asks no upstream for this. */
export const identity: Check = {
  name: "identity",
  isGate: true,
  async run({ ask, image, target }) {
    const reply = await ask(`/v2/${image.name}/manifests/sha256:0`);
    const text = textOf(reply);
    if (isOfSampan(reply, text))
      return ok("Sampan; its errors are JSON, with a reason and a remedy");
    const isForeign = readError(text) !== null && reply.status < 500;
    if (isForeign && !isHtml(reply, text)) {
      const { what, remedy } = diagnoseOther(reply, target);
      return failure(what, remedy);
    }
    const { what, remedy } = diagnose(reply, target);
    return failure(`an error arrives changed: ${what}`, remedy);
  },
};

/** No other registry answers a digest that is none in just this way. */
function isOfSampan({ status, headers }: Reply, text: string): boolean {
  const isJson = headers.get("content-type") === "application/json";
  const control = headers.get("cache-control");
  if (status !== 400 || !isJson || control !== "no-store, no-transform") return false;
  return readError(text)?.code === "DIGEST_INVALID" && hasPath(text);
}

function hasPath(text: string): boolean {
  const errors = parseJsonObject(text)?.errors as { detail?: { path?: unknown } }[] | undefined;
  return typeof errors?.[0]?.detail?.path === "string";
}
