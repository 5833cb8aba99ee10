import { readScheme, type Scheme } from "../../src/protocol/challenge.ts";
import { parseJsonObject } from "../../src/protocol/json.ts";
import { textOf } from "./content.ts";
import type { Reply } from "./http/reply.ts";
import { once } from "./once.ts";
import type { AskOptions, Question } from "./question.ts";
import { Refused } from "./refused.ts";

/** How the mirror wants to be asked. */
export interface Login {
  /** GET `/v2/` without a login, as clients begin. */
  ping(): Promise<Reply>;
  scheme(): Promise<Scheme>;
  /** The header to send; null where none is wanted, or none is at hand. */
  authorization(): Promise<string | null>;
  /** The same where an account is not to count. */
  anonymous(): Promise<string | null>;
  /** A token by POST, as containerd asks; null without a user, or without a token service. */
  tokenByPost(): Promise<Reply | null>;
}

type AskWith = (path: string, options?: AskOptions) => Promise<Reply>;

/**
 * @param ask below the mirror's address, without a login.
 * @param askBare at its origin.
 */
export function createLogin(question: Question, ask: AskWith, askBare: AskWith): Login {
  const { image, target, user } = question;
  const basic = user && `Basic ${Buffer.from(`${user.name}:${user.token}`).toString("base64")}`;
  const scope = `repository:${image.name}:pull`;
  const ping = once(() => ask("/v2/"));
  const scheme = once(async () => schemeOf(await ping()));
  const realm = async () => ownRealm(await scheme(), target.origin);

  async function bearer(account: string | null): Promise<string | null> {
    const url = await realm();
    if (url === null) return null;
    url.searchParams.append("scope", scope);
    const headers = account === null ? {} : { authorization: account };
    const reply = await askBare(`${url.pathname}${url.search}`, { headers });
    const token = tokenIn(reply);
    if (token === null) throw new Refused(reply);
    return `Bearer ${token}`;
  }

  async function tokenByPost(): Promise<Reply | null> {
    const url = await realm();
    if (url === null || user === null) return null;
    const service = url.searchParams.get("service") ?? "";
    const form = { grant_type: "password", service, client_id: "sampan-doctor", scope };
    const body = new URLSearchParams({ ...form, username: user.name, password: user.token });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return askBare(url.pathname, { method: "POST", body: body.toString(), headers });
  }

  return {
    ping,
    scheme,
    authorization: once(async () => {
      const { kind } = await scheme();
      return kind === "basic" ? basic : bearer(basic);
    }),
    anonymous: async () => ((await scheme()).kind === "basic" ? basic : bearer(null)),
    tokenByPost,
  };
}

/** @returns the token that a token service answered with, or null. */
export function tokenIn(reply: Reply): string | null {
  const json = reply.status === 200 ? parseJsonObject(textOf(reply)) : null;
  const token = json?.token ?? json?.access_token;
  return typeof token === "string" && token !== "" ? token : null;
}

function schemeOf({ status, headers }: Reply): Scheme {
  return status === 401 ? readScheme(headers.get("www-authenticate")) : { kind: "open" };
}

/** The mirror's own token service, or null: a login is sent nowhere else. */
function ownRealm(scheme: Scheme, origin: URL): URL | null {
  const url = scheme.kind === "bearer" ? URL.parse(scheme.realm) : null;
  if (scheme.kind !== "bearer" || url?.origin !== origin.origin) return null;
  if (scheme.service !== null) url.searchParams.set("service", scheme.service);
  return url;
}
