import type { Check } from "../check.ts";
import { diagnose } from "../diagnosis/diagnose.ts";
import { failure, ok } from "../finding.ts";

/** Nobody can push. */
export const writes: Check = {
  name: "writes",
  async run({ ask, image, target }) {
    const path = `/v2/${image.name}/blobs/uploads/`;
    const reply = await ask(path, { method: "POST", body: "" });
    if (reply.status === 405) return ok("405 to an upload");
    if (reply.status < 300) {
      return failure(
        `an upload is answered ${reply.status}: this takes pushes`,
        "a mirror never does; another registry has a part of this host's route",
      );
    }
    const { what, remedy } = diagnose(reply, target);
    return failure(`an upload is not refused by 405: ${what}`, remedy);
  },
};
