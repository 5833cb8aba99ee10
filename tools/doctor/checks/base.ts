import { parseJsonObject } from "../../../src/protocol/json.ts";
import { readableMs } from "../../readable.ts";
import { type Check, type Finding, failed, failure, ok, UnexpectedReply } from "../check.ts";
import { diagnosePage } from "../diagnosis/cloudflare.ts";
import { diagnoseOtherSoftware, diagnoseReply, isHtml, readError } from "../diagnosis/reply.ts";
import { type Reply, textOf } from "../http/client.ts";
import { type Session, tokenIn } from "../session.ts";

/** `/v2/`, the first request of every client. */
export const ping: Check = {
  name: "ping",
  isGate: true,
  async run(session) {
    const reply = await session.ping();
    const { status, headers, firstByteMs } = reply;
    if (status === 404) return checkNotFound(session, reply);
    if (status === 401) return checkChallenge(session, reply);
    if (status !== 200) throw new UnexpectedReply(reply);
    const text = textOf(reply);
    if (!isRegistry(headers) || parseJsonObject(text) === null) {
      const diagnosis = diagnosePage(reply, text) ?? diagnoseOtherSoftware(reply, session.target);
      return failed(diagnosis, "200, but not from a registry: ");
    }
    return ok(`200, no challenge, ${readableMs(firstByteMs)}`);
  },
};

/** The login that the challenge requires is available and accepted. */
export const login: Check = {
  name: "login",
  isGate: true,
  async run(session) {
    const { user } = session;
    const { kind } = await session.scheme();
    if (kind === "open") {
      return user === null ? null : ok("the mirror requires no login, so none was sent");
    }
    const reply = await session.request("/v2/");
    if (reply.status !== 200) throw new UnexpectedReply(reply);
    if (kind === "basic") return ok(`the login of ${user?.name} is accepted`);
    // containerd requests a token by POST first if it has a login.
    const posted = await session.tokenByPost();
    if (posted === null) return ok("the mirror issues tokens to anonymous clients");
    if (tokenIn(posted) !== null) return ok(`the mirror issues tokens to ${user?.name}`);
    const diagnosis = diagnoseReply(posted, session.target);
    return failed(diagnosis, "a token by GET, but not by POST, which containerd uses: ");
  },
};

/** Sampan answers, and its errors arrive unchanged. This request involves no upstream. */
export const identity: Check = {
  name: "identity",
  isGate: true,
  async run({ request, image, target }) {
    const reply = await request(`/v2/${image.name}/manifests/sha256:0`);
    const text = textOf(reply);
    if (isFromSampan(reply, text)) return ok("Sampan; its errors arrive as JSON");
    const isOtherRegistry = readError(text) !== null && reply.status < 500 && !isHtml(reply, text);
    if (isOtherRegistry) return failed(diagnoseOtherSoftware(reply, target));
    return failed(diagnoseReply(reply, target), "an error of the mirror was replaced: ");
  },
};

/** A locked mirror answers a plain 404, and so does an open one below a path. */
async function checkNotFound({ target, requestBare }: Session, reply: Reply): Promise<Finding> {
  if (!/^\s*not found\.?\s*$/i.test(textOf(reply))) throw new UnexpectedReply(reply);
  if (target.secret === null) {
    return failure(
      "404: if this is a mirror, it is locked",
      "add its path secret to the address: https://mirror.example.com/<secret>, as in ACCESS_PATHS",
    );
  }
  const { status } = await requestBare("/v2/");
  if (status === 200) {
    return failure(
      "404 below the path secret, 200 without it: the mirror is open and has no such secret",
      "set it: npx wrangler secret put ACCESS_PATHS (name=secret); or remove it from the address",
    );
  }
  return failure(
    "404: the mirror does not accept this path secret",
    "compare it with the one clients use, or set it again: npx wrangler secret put ACCESS_PATHS (name=secret)",
  );
}

async function checkChallenge(session: Session, reply: Reply): Promise<Finding> {
  const { target, user } = session;
  const scheme = await session.scheme();
  if (scheme.kind === "open") throw new UnexpectedReply(reply);
  if (scheme.kind === "basic") {
    if (!isRegistry(reply.headers)) throw new UnexpectedReply(reply);
    if (user !== null) return ok("401 with a Basic challenge");
    return failure(
      "401 with a Basic challenge: the mirror is locked, and the doctor has no login",
      "add one: --user name:token, as in ACCESS_USERS. Docker's registry-mirrors cannot send a login: use a path secret (ACCESS_PATHS) there",
    );
  }
  const isOwn = URL.parse(scheme.realm)?.origin === target.origin.origin;
  if (isOwn && isRegistry(reply.headers) && scheme.service === target.origin.host) {
    return ok("401 with a Bearer challenge for the mirror's own token service");
  }
  return failed(diagnoseOtherSoftware(reply, target), "401 for /v2/: ");
}

/** No other registry answers an invalid digest exactly like this. */
function isFromSampan({ status, headers }: Reply, text: string): boolean {
  const isJson = headers.get("content-type") === "application/json";
  const isUnchanged = headers.get("cache-control") === "no-store, no-transform";
  return status === 400 && isJson && isUnchanged && readError(text)?.code === "DIGEST_INVALID";
}

function isRegistry(headers: Headers): boolean {
  return headers.get("docker-distribution-api-version") === "registry/2.0";
}
