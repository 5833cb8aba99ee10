import type { Check } from "../check.ts";
import { diagnose } from "../diagnosis/diagnose.ts";
import { failure, ok } from "../finding.ts";
import { tokenIn } from "../login.ts";
import { Refused } from "../refused.ts";
import type { Visit } from "../visit.ts";

/** What the challenge asks for can be had, and opens. */
export const login: Check = {
  name: "login",
  isGate: true,
  async run(visit) {
    const { kind } = await visit.login.scheme();
    if (kind === "open") {
      return visit.user === null ? null : ok("no login is wanted, so the one given was not sent");
    }
    const ping = await visit.ask("/v2/");
    if (ping.status !== 200) throw new Refused(ping);
    if (kind === "basic") return ok(`${visit.user?.name} gets in`);
    return byPost(visit);
  },
};

/** containerd asks for a token by POST first when it has a login. */
async function byPost({ login, target, user }: Visit) {
  const reply = await login.tokenByPost();
  if (reply === null) return ok("the mirror's own token service gives anybody a token");
  if (tokenIn(reply) !== null) return ok(`the mirror's own token service lets ${user?.name} in`);
  const { what, remedy } = diagnose(reply, target);
  return failure(`a token by GET, but by POST, as containerd asks: ${what}`, remedy);
}
