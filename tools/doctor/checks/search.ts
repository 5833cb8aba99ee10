import { parseJsonObject } from "../../../src/protocol/json.ts";
import type { Check } from "../check.ts";
import { textOf } from "../content.ts";
import { readError } from "../diagnosis/mirror-error.ts";
import { failure, ok } from "../finding.ts";
import { Refused } from "../refused.ts";

/** `docker search` and the catalogues of NAS boxes: in JSON, or not at all. */
export const search: Check = {
  name: "search",
  async run({ ask }) {
    const reply = await ask("/v1/search?q=busybox&n=1");
    const text = textOf(reply);
    if (reply.status === 200 && parseJsonObject(text) !== null) return ok("on");
    if (reply.status === 404 && readError(text) !== null) {
      return ok(
        'off: docker search and the catalogue of a NAS find nothing; SEARCH = "on" changes that',
      );
    }
    if (reply.status !== 200) throw new Refused(reply);
    return failure(
      "200, but no JSON",
      "a copy of Docker Hub's pages gets a host reported as phishing: another Worker has a part of this host's route",
    );
  },
};
