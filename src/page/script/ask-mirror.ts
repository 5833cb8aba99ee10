import type { Browser, PageResponse } from "./browser.ts";

/** An answer of the mirror's API. */
export type Asked =
  | { readonly json: unknown; readonly digest: string | null; readonly error: null }
  | Failed;

export interface Failed {
  /** What went wrong, in the mirror's words where it has some. */
  readonly error: string;
  /** What language that is. */
  readonly lang: string;
}

/** What to say where the mirror says nothing, and in which language; `{status}` is filled in. */
export interface AskData {
  readonly texts: { readonly unreadable: string; readonly unreachable: string };
  readonly language: string;
}

/**
 * Asks the mirror for JSON, with a token for everybody where it wants one. It runs in the browser:
 * all that it needs is inside.
 *
 * @returns never rejects.
 */
export async function askMirror(
  browser: Browser,
  url: string,
  accept: string,
  { texts, language: lang }: AskData,
): Promise<Asked> {
  try {
    const first = await send(null);
    const token = first.status === 401 ? await tokenFor(first) : null;
    const response = token === null ? first : await send(token);
    const json = parse(await response.text());
    if (response.ok && json !== null) {
      return { json, digest: response.headers.get("docker-content-digest"), error: null };
    }
    const message = json?.errors?.[0]?.message;
    if (message !== undefined) return { error: message, lang: "en" };
    return { error: texts.unreadable.replace("{status}", String(response.status)), lang };
  } catch {
    return { error: texts.unreachable, lang };
  }

  function send(token: string | null): Promise<PageResponse> {
    const bearer = token === null ? {} : { authorization: `Bearer ${token}` };
    return browser.fetch(url, { headers: { accept, ...bearer } });
  }

  /** The mirror's own token service asks nobody's name, nor what the token is for. */
  async function tokenFor({ headers }: PageResponse): Promise<string | null> {
    const challenge = headers.get("www-authenticate") ?? "";
    const [, realm] = /^Bearer realm="([^"]+)"/i.exec(challenge) ?? [];
    if (realm === undefined) return null;
    return parse(await (await browser.fetch(realm)).text())?.token ?? null;
  }

  function parse(text: string): Reply | null {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }
}

/** As much as is read of any JSON answer. */
interface Reply {
  readonly errors?: readonly { readonly message?: string }[];
  readonly token?: string;
}
