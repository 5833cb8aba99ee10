import type { Check } from "../check.ts";
import { failure, ok } from "../finding.ts";
import { Refused } from "../refused.ts";
import { ACCEPT_ALL } from "../samples.ts";

/** `busybox` is `library/busybox`, without a redirect. */
export const bareName: Check = {
  name: "bare-name",
  async run({ ask, image, tag }) {
    const expected = (await tag()).headers.get("docker-content-digest");
    if (image.bareName === null) return null;
    const path = `/v2/${image.bareName}/manifests/${image.reference}`;
    const reply = await ask(path, { method: "HEAD", headers: ACCEPT_ALL });
    const { status, headers } = reply;
    if (status >= 300 && status < 400) throw new Refused(reply);
    if (status === 200 && headers.get("docker-content-digest") === expected) {
      return ok(`${image.bareName} is ${image.name}`);
    }
    return failure(
      `${image.bareName} is answered ${status}, or is another image than ${image.name}`,
      'a mirror of Docker Hub needs NAMESPACE = "library" (or none at all) in wrangler.toml',
    );
  },
};
