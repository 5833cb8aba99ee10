import { type Mirror, ORIGIN } from "./mirror.ts";

/** Secrets that open paths; no name of a repository looks like them. */
export const SECRET = "0f9a4c1be27d5863aa10";
export const NEW_SECRET = "77c0b5a1d9e8426f3b1d";

export const PLAIN_404 = {
  status: 404,
  headers: { "content-type": "text/plain; charset=utf-8", "x-robots-tag": "noindex" },
  text: "Not found.\n",
};

/** @returns status, headers and body: all that a stranger can compare. */
export async function looks(mirror: Mirror, path: string, init: RequestInit = {}) {
  const { status, headers, text } = await mirror.ask(path, init);
  return { status, headers: Object.fromEntries(headers), text };
}

export function basic(username: string, password: string): string {
  return `Basic ${new TextEncoder().encode(`${username}:${password}`).toBase64()}`;
}

export function withAuthorization(authorization: string | null): RequestInit {
  return authorization === null ? {} : { headers: { authorization } };
}

/** What a client's token request gives. */
export interface Grant {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly issued_at: string;
}

/** Logs in as Docker does: GET of the realm with Basic, or without for nobody in particular. */
export async function logIn(
  mirror: Mirror,
  account: readonly [string, string] | null,
  names: readonly string[],
  realm = "/token",
): Promise<string> {
  const query = new URLSearchParams({ service: new URL(ORIGIN).host });
  for (const name of names) query.append("scope", `repository:${name}:pull`);
  const answer = await mirror.ask(
    `${realm}?${query}`,
    withAuthorization(account && basic(...account)),
  );
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return `Bearer ${(JSON.parse(answer.text) as Grant).token}`;
}
