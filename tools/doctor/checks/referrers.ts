import type { Check } from "../check.ts";
import { textOf } from "../content.ts";
import { readError } from "../diagnosis/mirror-error.ts";
import { failure, ok } from "../finding.ts";
import { Refused } from "../refused.ts";

/** Signatures are found: by the referrers API, or by the tag that clients then look for. */
export const referrers: Check = {
  name: "referrers",
  async run({ ask, image, tag }) {
    const digest = (await tag()).headers.get("docker-content-digest");
    const reply = await ask(`/v2/${image.name}/referrers/${digest}`);
    const code = readError(textOf(reply))?.code;
    if (reply.status === 200) return ok("a list");
    if (reply.status !== 404) throw new Refused(reply);
    if (code === "MANIFEST_UNKNOWN")
      return ok("the upstream has no such list; clients look for the tag");
    return failure(
      `404 ${code ?? "without a code"}: oras and helm stop there instead of looking for the tag`,
      "Sampan says MANIFEST_UNKNOWN: something before it answers in its place",
    );
  },
};
