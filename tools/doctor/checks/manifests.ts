import { parseJsonObject } from "../../../src/protocol/json.ts";
import { readableBytes } from "../../readable.ts";
import { type Check, failure, ok, UnexpectedReply, warning } from "../check.ts";
import { readError } from "../diagnosis/reply.ts";
import { type Reply, textOf } from "../http/client.ts";
import { shortDigest } from "../samples.ts";
import type { Session } from "../session.ts";

const HEADERS_REMEDY =
  "something between the mirror and you changes headers: disable compression and rewriting for this host; Docker 29, containerd and BuildKit fail without this header";

/** HEAD of the tag, with the headers that Docker and containerd need. */
export const manifestHead: Check = {
  name: "manifest-head",
  async run({ tag, image }) {
    const { headers } = await tag();
    const length = headers.get("content-length") ?? "missing";
    const type = headers.get("content-type") ?? "missing";
    const digest = headers.get("docker-content-digest") ?? "missing";
    const wrong = (header: string, value: string) =>
      failure(`${header} is ${value}`, HEADERS_REMEDY);
    if (!/^[1-9]\d*$/.test(length)) return wrong("Content-Length", length);
    if (!/^application\/vnd\.[a-z0-9.+_-]+\+(?:json|prettyjws)$/.test(type)) {
      return wrong("Content-Type", type);
    }
    if (!/^[a-z0-9]+:[0-9a-f]{64,}$/.test(digest)) return wrong("Docker-Content-Digest", digest);
    const size = readableBytes(Number(length));
    return ok(`${image.reference}: ${shortDigest(digest)}, ${size}, ${type}`);
  },
};

/** The manifest by digest, verified. */
export const manifest: Check = {
  name: "manifest",
  async run({ manifest, tally }) {
    const { replies } = await manifest();
    const bytes = replies.reduce((sum, reply) => sum + reply.bytes.byteLength, 0);
    const digests = replies.length === 1 ? "digest correct" : "both digests correct";
    const cost =
      tally.pulls === 0 ? "from the cache" : `counts as ${tally.pulls} of the pull quota`;
    return ok(`${digests}, ${readableBytes(bytes)}, ${cost}`);
  },
};

/** Tag lists are paged, and the next page is on the mirror. */
export const tags: Check = {
  name: "tags",
  async run(session) {
    // Without the tag there is no list either.
    await session.tag();
    const first = await getList(session, `/v2/${session.image.name}/tags/list?n=1`);
    const names = tagsIn(first);
    if (names.length > 1) {
      return warning(
        `${names.length} tags for n=1`,
        "n does not reach the registry: find the rule that removes queries",
      );
    }
    const link = first.headers.get("link");
    if (link === null) return ok("one tag, no next page");
    const next = pathOfNext(session, first.url, link);
    if (next === null) {
      return failure(
        `the next page is not on the mirror: ${link}`,
        "clients follow it with the wrong login, or not at all: something between the mirror and you changes Link, or passes on the registry's own",
      );
    }
    const [second = "none"] = tagsIn(await getList(session, next));
    if (second === names[0]) {
      return failure(
        `the next page begins with the same tag, ${second}`,
        "clients would request pages forever: find the rule that removes queries",
      );
    }
    return ok(`paged: ${names[0]}, then ${second}; Link is on the mirror`);
  },
};

/** Signatures can be found: by the referrers API, or by the tag that clients fall back to. */
export const referrers: Check = {
  name: "referrers",
  async run({ request, image, tag }) {
    const digest = (await tag()).headers.get("docker-content-digest");
    const reply = await request(`/v2/${image.name}/referrers/${digest}`);
    if (reply.status === 200) return ok("a list");
    if (reply.status !== 404) throw new UnexpectedReply(reply);
    const code = readError(textOf(reply))?.code;
    if (code === "MANIFEST_UNKNOWN") return ok("none at the upstream; clients look for the tag");
    return failure(
      `404 ${code ?? "without a code"}: oras and helm stop here instead of looking for the tag`,
      "Sampan answers MANIFEST_UNKNOWN: something in front of it answers in its place",
    );
  },
};

async function getList({ request }: Session, path: string): Promise<Reply> {
  const reply = await request(path);
  if (reply.status !== 200) throw new UnexpectedReply(reply);
  return reply;
}

function tagsIn(reply: Reply): string[] {
  const tags = parseJsonObject(textOf(reply))?.tags;
  return Array.isArray(tags) ? tags.map(String) : [];
}

/** The path of `rel="next"` (RFC 8288) below the mirror's address; null if it is elsewhere. */
function pathOfNext({ target }: Session, from: URL, link: string): string | null {
  const [, address = ""] = /<([^>]*)>\s*;.*\brel="?next\b/.exec(link) ?? [];
  const url = address === "" ? null : URL.parse(address, from.href);
  const base = target.secret === null ? "" : `/${target.secret}`;
  if (url?.origin !== target.origin.origin || !url.pathname.startsWith(`${base}/v2/`)) return null;
  return `${url.pathname.slice(base.length)}${url.search}`;
}
