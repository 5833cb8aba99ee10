import { parseJsonObject } from "../../../src/protocol/json.ts";
import type { Check } from "../check.ts";
import { textOf } from "../content.ts";
import { failure, ok, warning } from "../finding.ts";
import type { Reply } from "../http/reply.ts";
import { Refused } from "../refused.ts";
import type { Visit } from "../visit.ts";

const ELSEWHERE =
  "clients follow it with the wrong login, or not at all: something between the mirror and you changes Link, or the registry's own is passed on";

/** Lists of tags come in pages, and the next one is on the mirror. */
export const tags: Check = {
  name: "tags",
  async run(visit) {
    // An image that is not to be had has no list either.
    await visit.tag();
    const first = await listed(visit, `/v2/${visit.image.name}/tags/list?n=1`);
    const names = tagsIn(first);
    if (names.length > 1) {
      return warning(
        `n=1 is answered with ${names.length} tags`,
        "n does not reach the registry: look for a rule that takes queries away",
      );
    }
    const link = first.headers.get("link");
    if (link === null) return ok("one tag, no next page");
    const next = nextOn(visit, first.url, link);
    if (next === null) return failure(`the next page is not on the mirror: ${link}`, ELSEWHERE);
    const second = tagsIn(await listed(visit, next));
    if (second[0] === names[0]) {
      return failure(
        `the next page begins with the same tag, ${names[0]}`,
        "clients would page for ever: look for a rule that takes queries away",
      );
    }
    return ok(`one by one: ${names[0]}, then ${second[0] ?? "none"}; Link is on the mirror`);
  },
};

async function listed({ ask }: Visit, path: string): Promise<Reply> {
  const reply = await ask(path);
  if (reply.status !== 200) throw new Refused(reply);
  return reply;
}

function tagsIn(reply: Reply): string[] {
  const tags = parseJsonObject(textOf(reply))?.tags;
  return Array.isArray(tags) ? tags.map(String) : [];
}

/** The path below the mirror's address; null if it leads elsewhere. */
function nextOn({ target }: Visit, from: URL, link: string): string | null {
  const [, address = ""] = /<([^>]*)>\s*;.*\brel="?next\b/.exec(link) ?? [];
  const url = address === "" ? null : URL.parse(address, from.href);
  const base = target.secret === null ? "" : `/${target.secret}`;
  if (url?.origin !== target.origin.origin || !url.pathname.startsWith(`${base}/v2/`)) return null;
  return `${url.pathname.slice(base.length)}${url.search}`;
}
