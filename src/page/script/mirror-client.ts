import type { Browser, Failure, PageResponse } from "./browser.ts";

export type MirrorResponse = Success | Failure;

export interface Success {
  readonly json: unknown;
  readonly digest: string | null;
  /** Whether a list has no further page. */
  readonly isComplete: boolean;
}

/** The texts for failures: by the mirror's error code, or with `{status}`. */
export interface FailureTexts {
  readonly errors: Readonly<Record<string, string>>;
  readonly unreadable: string;
  readonly unreachable: string;
}

/**
 * Requests JSON from the mirror, with an anonymous token if the mirror requires one.
 *
 * @param isCacheOnly whether the upstream must not be asked: it could count a pull.
 * @returns never rejects.
 */
export async function fetchFromMirror(
  { fetch }: Pick<Browser, "fetch">,
  texts: FailureTexts,
  url: string,
  isCacheOnly: boolean,
): Promise<MirrorResponse> {
  // A browser accepts any type, which stands for all common types of manifests.
  const headers = isCacheOnly ? { "cache-control": "only-if-cached" } : {};
  try {
    const first = await fetch(url, { headers });
    const token = first.status === 401 ? await fetchToken(first) : null;
    const response = token
      ? await fetch(url, { headers: { ...headers, authorization: `Bearer ${token}` } })
      : first;
    const { ok, status } = response;
    const json = await response.json().catch(() => null);
    if (ok && json !== null) {
      const isComplete = response.headers.get("link") === null;
      return { json, digest: response.headers.get("docker-content-digest"), isComplete };
    }
    const { code = "", message: detail = "" } = json?.errors?.[0] ?? {};
    const error = texts.errors[code] ?? texts.unreadable.replace("{status}", String(status));
    return { error, detail, status };
  } catch {
    return { error: texts.unreachable, detail: "", status: 0 };
  }

  /** The mirror's token service needs neither a user nor a scope. */
  async function fetchToken(challenged: PageResponse): Promise<string | null> {
    const challenge = challenged.headers.get("www-authenticate") ?? "";
    const [, realm] = /^Bearer realm="([^"]+)"/i.exec(challenge) ?? [];
    if (realm === undefined) return null;
    return (await (await fetch(realm)).json()).token ?? null;
  }
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
}
