import type { Check } from "../check.ts";
import { failure, ok } from "../finding.ts";
import { ACCEPT_ALL } from "../samples.ts";

/** A host that cannot exist (RFC 2606). */
const NOWHERE = "registry.invalid";

/** `?ns=` as containerd and Docker 29 send it means Docker Hub, and opens no other registry. */
export const namespace: Check = {
  name: "namespace",
  async run({ ask, image, tag }) {
    const expected = (await tag()).headers.get("docker-content-digest");
    const path = `/v2/${image.name}/manifests/${image.reference}`;
    const options = { method: "HEAD", headers: ACCEPT_ALL } as const;
    const stranger = await ask(`${path}?ns=${NOWHERE}`, options);
    if (stranger.status !== 404) {
      return failure(
        `ns=${NOWHERE} is answered ${stranger.status}, not 404`,
        "a mirror that asks whichever registry it is told to is an open proxy; Sampan looks names up: what answers here is not it",
      );
    }
    if (image.hasRegistry) return ok(`ns=${NOWHERE} is 404`);
    const { status, headers } = await ask(`${path}?ns=docker.io`, options);
    if (status === 200 && headers.get("docker-content-digest") === expected) {
      return ok(`ns=docker.io is Docker Hub, ns=${NOWHERE} is 404`);
    }
    return failure(
      `ns=docker.io is answered ${status}, or with another image`,
      "containerd and Docker 29 say it with every request: the mirror's UPSTREAM is not Docker Hub, or a rule changes queries",
    );
  },
};
