import { randomBytes } from "node:crypto";
import type { Check } from "../check.ts";
import { textOf } from "../content.ts";
import { type Finding, failure, ok, warning } from "../finding.ts";
import type { Reply } from "../http/reply.ts";
import type { Visit } from "../visit.ts";

/** Headers that differ from one answer to the next, whatever is answered. */
const VARYING = /^(?:date|age|cf-.*|report-to|nel|server-timing|connection|keep-alive|alt-svc)$/;

/** What should be locked is, and says nothing about itself. */
export const lock: Check = {
  name: "lock",
  async run(visit) {
    if (visit.target.secret !== null) return checkSecret(visit, visit.target.secret);
    const { kind } = await visit.login.scheme();
    if (kind === "basic") return checkUsers(visit);
    if (kind === "bearer") return ok("open for public images to anybody, as LOGIN has it");
    if (visit.target.isLoopback) return ok("open, on loopback");
    return warning(
      "open: whoever finds the address pulls on your quota and in your name",
      "lock it: npx wrangler secret put ACCESS_PATHS (name=secret), or ACCESS_USERS (docs/access.md)",
    );
  },
};

async function checkSecret({ askBare }: Visit, secret: string): Promise<Finding> {
  const size = Math.ceil(secret.length / 2);
  const wrong = randomBytes(size).toString("hex").slice(0, secret.length);
  const without = await askBare("/v2/");
  const guessed = await askBare(`/${wrong}/v2/`);
  const elsewhere = await askBare(`/${wrong}`);
  const leak =
    leakOf(without, elsewhere, "without the secret") ??
    leakOf(guessed, elsewhere, "with a wrong secret");
  if (leak !== null) return leak;
  const inside = await askBare(`/v2/${secret}/`);
  if (inside.status !== 200) {
    return failure(
      `BuildKit's way of writing it, /v2/…/, is answered ${inside.status}`,
      "look for a rule or proxy before the Worker that changes paths",
    );
  }
  return ok(
    `${without.status} without the secret and ${guessed.status} with a wrong one; both ways of writing it open`,
  );
}

/** What an answer to a stranger tells beside that there is nothing; null if nothing. */
function leakOf(reply: Reply, elsewhere: Reply, how: string): Finding | null {
  if (reply.status === 200) {
    return failure(
      `the mirror answers ${how} as well`,
      "ACCESS_PATHS is not set, or another Worker has the route: npx wrangler secret list, npm run deploy",
    );
  }
  const hasUsers = /^Basic /i.test(reply.headers.get("www-authenticate") ?? "");
  if (hasUsers || outlineOf(reply) === outlineOf(elsewhere)) return null;
  return failure(
    `${how} the answer (${reply.status}) is not that of any unknown path (${elsewhere.status})`,
    "that tells strangers that a registry is here: look for a rule or proxy before the Worker that treats /v2/ apart",
  );
}

async function checkUsers({ askBare, image, user }: Visit): Promise<Finding> {
  const path = `/v2/${image.name}/tags/list?n=1`;
  const wrong = Buffer.from(`${user?.name}:${randomBytes(16).toString("hex")}`).toString("base64");
  const nobody = await askBare(path);
  const impostor = await askBare(path, { headers: { authorization: `Basic ${wrong}` } });
  if (nobody.status === 401 && impostor.status === 401) {
    return ok("401 without a login and with a wrong one");
  }
  return failure(
    `${nobody.status} without a login, ${impostor.status} with a wrong one`,
    "both should be 401: another Worker has a part of the route, or a proxy before it answers from a cache",
  );
}

/** Everything that tells one answer from another. */
function outlineOf(reply: Reply): string {
  const { status, headers } = reply;
  const told = [...headers].filter(([name]) => !VARYING.test(name));
  return JSON.stringify([status, told, textOf(reply)]);
}
