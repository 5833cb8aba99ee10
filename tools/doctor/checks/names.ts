import { parseJsonObject } from "../../../src/protocol/json.ts";
import { type Check, failure, ok, UnexpectedReply } from "../check.ts";
import { readError } from "../diagnosis/reply.ts";
import { textOf } from "../http/client.ts";

/** A host that cannot exist (RFC 2606). */
const INVALID_REGISTRY = "registry.invalid";

/** `busybox` is `library/busybox`, without a redirect. */
export const bareName: Check = {
  name: "bare-name",
  async run({ head, image, tag }) {
    const expected = (await tag()).headers.get("docker-content-digest");
    if (image.bareName === null) return null;
    const reply = await head(image.reference, { name: image.bareName });
    const { status, headers } = reply;
    if (status !== 200 && status !== 404) throw new UnexpectedReply(reply);
    const digest = headers.get("docker-content-digest");
    if (status === 200 && digest === expected) return ok(`${image.bareName} is ${image.name}`);
    return failure(
      status === 200
        ? `${image.bareName} is another image than ${image.name}`
        : `${status} for ${image.bareName}`,
      'a mirror of Docker Hub needs NAMESPACE = "library", the default: remove the variable',
    );
  },
};

/** `?ns=`, which containerd and Docker 29 send, selects Docker Hub and no unconfigured registry. */
export const namespace: Check = {
  name: "namespace",
  async run({ head, image, tag }) {
    const expected = (await tag()).headers.get("docker-content-digest");
    const invalid = await head(image.reference, { query: `?ns=${INVALID_REGISTRY}` });
    if (invalid.status === 429) throw new UnexpectedReply(invalid);
    if (invalid.status !== 404) {
      return failure(
        `${invalid.status} for ns=${INVALID_REGISTRY}, not 404`,
        "a mirror that contacts any registry a client names is an open proxy; Sampan uses configured registries only, so other software answers here",
      );
    }
    if (image.hasRegistry) return ok(`404 for ns=${INVALID_REGISTRY}`);
    const reply = await head(image.reference, { query: "?ns=docker.io" });
    const { status, headers } = reply;
    if (status !== 200 && status !== 404) throw new UnexpectedReply(reply);
    if (status === 200 && headers.get("docker-content-digest") === expected) {
      return ok(`ns=docker.io is Docker Hub; 404 for ns=${INVALID_REGISTRY}`);
    }
    return failure(
      status === 200 ? "another image for ns=docker.io" : `${status} for ns=docker.io`,
      "containerd and Docker 29 send it with every request: the mirror's UPSTREAM is not Docker Hub, or a rule changes queries",
    );
  },
};

/** `docker search` and the catalogues of NAS systems get JSON, or nothing. */
export const search: Check = {
  name: "search",
  async run({ request }) {
    const reply = await request("/v1/search?q=busybox&n=1");
    const text = textOf(reply);
    if (reply.status === 200 && parseJsonObject(text) !== null) return ok("on");
    if (reply.status === 404 && readError(text) !== null) {
      return ok('off: docker search and NAS catalogues find nothing; enable it with SEARCH = "on"');
    }
    if (reply.status !== 200) throw new UnexpectedReply(reply);
    return failure(
      "200, but not JSON",
      "a host that copies pages of Docker Hub is reported as phishing: another Worker serves part of this host's routes",
    );
  },
};
