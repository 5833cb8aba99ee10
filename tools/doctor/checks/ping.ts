import { parseJsonObject } from "../../../src/protocol/json.ts";
import { readableMs } from "../../logs/amounts.ts";
import type { Check } from "../check.ts";
import { textOf } from "../content.ts";
import { diagnose } from "../diagnosis/diagnose.ts";
import { diagnoseOther } from "../diagnosis/other-software.ts";
import { diagnosePage } from "../diagnosis/page.ts";
import { type Finding, failure, ok } from "../finding.ts";
import type { Reply } from "../http/reply.ts";
import type { Visit } from "../visit.ts";

/** `/v2/`: what every client asks first, and takes the mirror's ways from. */
export const ping: Check = {
  name: "ping",
  isGate: true,
  async run(visit) {
    const reply = await visit.login.ping();
    const { status, headers, firstByteMs } = reply;
    if (status === 404) return unknownPath(visit, reply);
    const isRegistry = headers.get("docker-distribution-api-version") === "registry/2.0";
    if (status === 401) return challenged(visit, reply, isRegistry);
    if (status !== 200) return wrong(visit, reply);
    const isJson = parseJsonObject(textOf(reply)) !== null;
    if (!isRegistry || !isJson) return notARegistry(visit, reply);
    return ok(`200, no challenge, ${readableMs(firstByteMs)}`);
  },
};

/** A locked mirror is a plain 404, and so is an open one below a path. */
async function unknownPath(visit: Visit, reply: Reply): Promise<Finding> {
  const { target } = visit;
  const text = textOf(reply);
  if (text.trim() !== "Not found.") return wrong(visit, reply);
  if (target.secret === null) {
    return failure(
      "404: if this is a mirror, it is locked",
      "give its path secret too: https://mirror.example.com/<secret>, as in ACCESS_PATHS",
    );
  }
  const { status } = await visit.askBare("/v2/");
  if (status === 200) {
    return failure(
      "404 below the secret, 200 without it: the mirror is open, and knows of no secret",
      "set it: npx wrangler secret put ACCESS_PATHS (name=secret); or leave it out of the address",
    );
  }
  return failure(
    "404: the mirror does not know this path secret",
    "compare it with what clients use; put it anew: npx wrangler secret put ACCESS_PATHS (name=secret)",
  );
}

async function challenged(visit: Visit, reply: Reply, isRegistry: boolean): Promise<Finding> {
  const { target, user } = visit;
  const scheme = await visit.login.scheme();
  if (scheme.kind === "open" || (scheme.kind === "basic" && !isRegistry))
    return wrong(visit, reply);
  if (scheme.kind === "basic") {
    if (user !== null) return ok("401 with a Basic challenge: a login opens it");
    return failure(
      "401 with a Basic challenge: the mirror is locked, and the doctor has no login",
      "give it one: --user name:token, as in ACCESS_USERS. Docker's registry-mirrors can send none: give those machines a path secret (ACCESS_PATHS)",
    );
  }
  const isOwn = URL.parse(scheme.realm)?.origin === target.origin.origin;
  if (isOwn && isRegistry && scheme.service === target.origin.host) {
    return ok("401 with a Bearer challenge of its own: everybody logs in upstream");
  }
  const { what, remedy } = diagnoseOther(reply, target);
  return failure(`401 to /v2/: ${what}`, remedy);
}

function notARegistry({ target }: Visit, reply: Reply): Finding {
  const { what, remedy } = diagnosePage(reply, textOf(reply)) ?? diagnoseOther(reply, target);
  return failure(`200, but not of a registry: ${what}`, remedy);
}

function wrong({ target }: Visit, reply: Reply): Finding {
  const { what, remedy } = diagnose(reply, target);
  return failure(what, remedy);
}
