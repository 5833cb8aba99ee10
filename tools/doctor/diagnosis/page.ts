import { printable } from "../../logs/printable.ts";
import type { Diagnosis } from "../finding.ts";
import type { Reply } from "../http/reply.ts";

interface Page extends Diagnosis {
  isIt(reply: Reply, text: string): boolean;
}

/** Pages that come in place of the mirror; the particular before the general. */
const PAGES: readonly Page[] = [
  {
    what: "Cloudflare warns of phishing in the mirror's place",
    remedy:
      "the host was reported: ask for a review (dashboard → Security Center → Abuse, or the mail that Cloudflare sent), and move to a host name without a brand in it, locked (docs/access.md)",
    isIt: (_, text) => /suspected phishing|reported for potential phishing/i.test(text),
  },
  {
    what: "Cloudflare Access asks for a login in the mirror's place",
    remedy:
      "container clients cannot log in there: make a Bypass policy for this host, and lock the mirror itself (docs/access.md)",
    isIt: ({ headers }, text) =>
      /cloudflareaccess\.com|\/cdn-cgi\/access\//.test(`${headers.get("location")} ${text}`) ||
      /cloudflare-access/i.test(headers.get("www-authenticate") ?? ""),
  },
  {
    what: "Cloudflare challenges you to prove that you are human",
    remedy:
      "container clients cannot: turn Bot Fight Mode, Under Attack mode and challenging rules off for this host (Security → Events tells which it was)",
    isIt: ({ headers }, text) =>
      headers.get("cf-mitigated") === "challenge" ||
      /<title>just a moment|challenge-platform|cf-chl-/i.test(text),
  },
  {
    what: "Cloudflare's firewall blocks you",
    remedy: "Security → Events names the rule: make an exception for this host",
    isIt: (_, text) => /you have been blocked|attention required! \| cloudflare/i.test(text),
  },
  {
    what: "nothing is deployed at this workers.dev address",
    remedy: "npm run deploy, with workers_dev = true in wrangler.toml; it prints the address",
    isIt: ({ url }, text) =>
      url.hostname.endsWith(".workers.dev") && /nothing (?:is )?here yet/i.test(text),
  },
];

/** @returns which page came; null if it is none that is known. */
export function diagnosePage(reply: Reply, text: string): Diagnosis | null {
  const page = PAGES.find(({ isIt }) => isIt(reply, text));
  return page === undefined ? null : { what: page.what, remedy: page.remedy };
}

/** @returns the title that a page shows, on one line and not in full if it is long; null without one. */
export function titleOf(text: string): string | null {
  const [, title = ""] = /<title[^>]{0,100}>([^<]{1,1000})/i.exec(text) ?? [];
  return excerptOf(title) || null;
}

/** @returns the beginning of what somebody else wrote, as a line of the report may have it. */
export function excerptOf(text: string): string {
  const line = printable(text).trim();
  return line.length > MAX_EXCERPT_LENGTH ? `${line.slice(0, MAX_EXCERPT_LENGTH)}…` : line;
}

const MAX_EXCERPT_LENGTH = 80;

/** @returns whether the answer is for a browser. */
export function isHtml({ headers }: Reply, text: string): boolean {
  return (
    /text\/html/i.test(headers.get("content-type") ?? "") || /^\s*<(?:!doctype|html)/i.test(text)
  );
}
