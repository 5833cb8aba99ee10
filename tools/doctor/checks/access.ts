import { randomBytes } from "node:crypto";
import { parseAuthScheme } from "../../../src/protocol/challenge.ts";
import { type Check, type Finding, failed, failure, ok, warning } from "../check.ts";
import { diagnoseReply } from "../diagnosis/reply.ts";
import { type Reply, textOf } from "../http/client.ts";
import { ACCEPT_ALL } from "../samples.ts";
import type { Session } from "../session.ts";

/** Headers that differ between any two responses. */
const VARYING = /^(?:date|age|cf-.*|report-to|nel|server-timing|connection|keep-alive|alt-svc)$/;

/** The mirror is locked, and the lock does not reveal that there is a registry. */
export const lock: Check = {
  name: "lock",
  async run(session) {
    if (session.target.secret !== null) return checkSecret(session, session.target.secret);
    const { kind } = await session.scheme();
    if (kind === "basic") return checkUsers(session);
    if (kind === "bearer") {
      const isOpen = (await session.anonymousAuthorization()) !== null;
      return ok(isOpen ? "public images are open to anyone (LOGIN)" : "no token without a login");
    }
    if (session.target.isLoopback) return ok("open, on loopback");
    return warning(
      "open: anyone who finds the address pulls with your quota and your account",
      "lock it: npx wrangler secret put ACCESS_PATHS (name=secret), or ACCESS_USERS (docs/access.md)",
    );
  },
};

/** Nobody can push. */
export const writes: Check = {
  name: "writes",
  async run({ request, image, target }) {
    const path = `/v2/${image.name}/blobs/uploads/`;
    const reply = await request(path, { method: "POST", body: "" });
    if (reply.status === 405) return ok("405 for an upload");
    if (reply.status < 300) {
      return failure(
        `${reply.status} for an upload: pushes are accepted`,
        "a mirror accepts none; another registry serves part of this host's routes",
      );
    }
    return failed(diagnoseReply(reply, target), "an upload is not answered 405: ");
  },
};

/** An image that only the mirror's account may read is not served to everyone. */
export const privateImage: Check = {
  name: "private",
  async run(session) {
    const { privateImage, target } = session;
    if (privateImage === null) return null;
    const { name, reference } = privateImage;
    const path = `/v2/${name}/manifests/${reference}`;
    const anonymous = await session.anonymousAuthorization();
    const headers = anonymous === null ? ACCEPT_ALL : { ...ACCEPT_ALL, authorization: anonymous };
    const { status } = await session.request(path, { method: "HEAD", headers });
    if (status === 404) return ok(`404 for ${name}`);
    if (status !== 200) {
      return warning(`${status} for ${name}, not 404`, "try again when the upstream answers");
    }
    const { kind } = await session.scheme();
    const isLocked = target.secret !== null || (kind !== "open" && anonymous === null);
    if (isLocked) {
      return warning(
        `${name} is served to everyone with access to the mirror`,
        'that is PRIVATE_IMAGES = "allow"; with "check" nobody gets it',
      );
    }
    return failure(
      `${name} is served to everyone`,
      'set PRIVATE_IMAGES to "check", or use an access token limited to public images (docs/access.md)',
    );
  },
};

async function checkSecret({ requestBare }: Session, secret: string): Promise<Finding> {
  const wrong = randomBytes(secret.length).toString("hex").slice(0, secret.length);
  const without = await requestBare("/v2/");
  const guessed = await requestBare(`/${wrong}/v2/`);
  const unknown = await requestBare(`/${wrong}`);
  const leak =
    leakIn(without, unknown, "without the secret") ??
    leakIn(guessed, unknown, "with a wrong secret");
  if (leak !== null) return leak;
  const inside = await requestBare(`/v2/${secret}/`);
  if (inside.status !== 200) {
    return failure(
      `${inside.status} for /v2/…/, the form that BuildKit uses`,
      "find the rule or proxy in front of the Worker that changes paths",
    );
  }
  return ok(
    `${without.status} without the secret, ${guessed.status} with a wrong one; 200 for both forms of it`,
  );
}

/** What a response reveals to a client without the secret; null if nothing. */
function leakIn(reply: Reply, unknown: Reply, condition: string): Finding | null {
  if (reply.status === 200) {
    return failure(
      `the mirror also answers ${condition}`,
      "ACCESS_PATHS is not set, or another Worker has the route: npx wrangler secret list, npm run deploy",
    );
  }
  // With users besides path secrets, the mirror asks for a login.
  const scheme = parseAuthScheme(reply.headers.get("www-authenticate"));
  const isOwnRealm =
    scheme.kind === "bearer" && URL.parse(scheme.realm)?.origin === reply.url.origin;
  if (scheme.kind === "basic" || isOwnRealm) return null;
  if (fingerprintOf(reply) === fingerprintOf(unknown)) return null;
  return failure(
    `${condition}, the response (${reply.status}) differs from that for an unknown path (${unknown.status})`,
    "this reveals that there is a registry: find the rule or proxy in front of the Worker that treats /v2/ differently",
  );
}

async function checkUsers({ requestBare, image, user }: Session): Promise<Finding> {
  const path = `/v2/${image.name}/tags/list?n=1`;
  const wrong = Buffer.from(`${user?.name}:${randomBytes(16).toString("hex")}`).toString("base64");
  const without = await requestBare(path);
  const guessed = await requestBare(path, { headers: { authorization: `Basic ${wrong}` } });
  const evidence = `${without.status} without a login, ${guessed.status} with a wrong one`;
  if (without.status === 401 && guessed.status === 401) return ok(evidence);
  return failure(
    evidence,
    "both should be 401: another Worker serves part of the route, or a proxy in front of it answers from a cache",
  );
}

/** Everything that distinguishes one response from another. */
function fingerprintOf(reply: Reply): string {
  const headers = [...reply.headers].filter(([name]) => !VARYING.test(name));
  return JSON.stringify([reply.status, headers, textOf(reply)]);
}
