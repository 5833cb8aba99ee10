import type { Browser, Failure, PageResponse } from "./browser.ts";

/** Requests JSON from the mirror. Never rejects. */
export type FetchFromMirror = (url: string, isCacheOnly: boolean) => Promise<MirrorResponse>;

export type MirrorResponse = Success | Failure;

export interface Success {
  readonly json: unknown;
  readonly digest: string | null;
  /** Whether a list has no further page. */
  readonly isComplete: boolean;
  readonly status: number;
}

/** The texts for failures: by the mirror's error code, or with `{status}`. */
export interface FailureTexts {
  readonly errors: Readonly<Record<string, string>>;
  readonly unreadable: string;
  readonly unreachable: string;
}

/**
 * Requests JSON from the mirror, with an anonymous token if the mirror requires one. Runs in the
 * browser: it must not use anything outside of itself.
 *
 * @param isCacheOnly whether the upstream must not be asked: it could count a pull.
 * @returns never rejects.
 */
export async function fetchFromMirror(
  browser: Browser,
  texts: FailureTexts,
  url: string,
  isCacheOnly: boolean,
): Promise<MirrorResponse> {
  // A browser accepts any type, which stands for all common types of manifests.
  const headers = isCacheOnly ? { "cache-control": "only-if-cached" } : {};
  try {
    const first = await send({});
    const token = first.status === 401 ? await fetchToken(first) : null;
    const response = token === null ? first : await send({ authorization: `Bearer ${token}` });
    const { ok, status } = response;
    const json = parseJson(await response.text());
    if (ok && json !== null) {
      const isComplete = response.headers.get("link") === null;
      return { json, digest: response.headers.get("docker-content-digest"), isComplete, status };
    }
    const { code = "", message: detail = "" } = json?.errors?.[0] ?? {};
    const error = texts.errors[code] ?? texts.unreadable.replace("{status}", String(status));
    return { error, detail, status };
  } catch {
    return { error: texts.unreachable, detail: "", status: 0 };
  }

  function send(credential: Readonly<Record<string, string>>): Promise<PageResponse> {
    return browser.fetch(url, { headers: { ...headers, ...credential } });
  }

  /** The mirror's token service needs neither a user nor a scope. */
  async function fetchToken({ headers }: PageResponse): Promise<string | null> {
    const challenge = headers.get("www-authenticate") ?? "";
    const [, realm] = /^Bearer realm="([^"]+)"/i.exec(challenge) ?? [];
    if (realm === undefined) return null;
    return parseJson(await (await browser.fetch(realm)).text())?.token ?? null;
  }

  function parseJson(text: string): LooseResponse | null {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }
}

/** The fields of any JSON response that this file reads. */
interface LooseResponse {
  readonly errors?: readonly { readonly code?: string; readonly message?: string }[];
  readonly token?: string;
}

/** The fields of an index or a manifest that the page shows (OCI image-spec). */
export interface LooseManifest {
  readonly manifests?: readonly {
    readonly digest?: string;
    readonly platform?: LoosePlatform;
  }[];
  readonly config?: { readonly digest?: string; readonly size?: number };
  readonly layers?: readonly { readonly size?: number }[];
}

/** The fields of an image configuration that the page shows (OCI image-spec, config.md). */
export interface LooseConfig extends LoosePlatform {
  readonly config?: {
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly ExposedPorts?: Readonly<Record<string, object>> | null;
    readonly Env?: readonly string[] | null;
  };
}

export interface LoosePlatform {
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
  readonly "os.version"?: string;
}
