import type { Browser, Failure, PageResponse } from "./browser.ts";

/** Requests JSON from the mirror. Never rejects. */
export type FetchFromMirror = (url: string, accept: string) => Promise<MirrorResponse>;

export type MirrorResponse = Success | Failure;

export interface Success {
  readonly json: unknown;
  readonly digest: string | null;
  readonly error: null;
}

/** The messages for failures without a message of the mirror; `{status}` is replaced. */
export interface FailureTexts {
  readonly texts: { readonly unreadable: string; readonly unreachable: string };
  readonly language: string;
}

/**
 * Requests JSON from the mirror, with an anonymous token if the mirror requires one. Runs in the
 * browser: it must not use anything outside of itself.
 *
 * @returns never rejects.
 */
export async function fetchFromMirror(
  browser: Browser,
  { texts, language: lang }: FailureTexts,
  url: string,
  accept: string,
): Promise<MirrorResponse> {
  try {
    const first = await send(null);
    const token = first.status === 401 ? await fetchToken(first) : null;
    const response = token === null ? first : await send(token);
    const json = parseJson(await response.text());
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
  readonly errors?: readonly { readonly message?: string }[];
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

export interface LoosePlatform {
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
  readonly "os.version"?: string;
}

export type ManifestSummary =
  | {
      readonly kind: "index";
      readonly platforms: readonly { readonly platform: string; readonly digest: string }[];
    }
  | {
      readonly kind: "image";
      /** The bytes of a pull: compressed layers and configuration. */
      readonly bytes: number;
      /** The digest of the configuration, which contains the platform; null if there is none. */
      readonly config: string | null;
    };

/**
 * Summarizes a manifest. Runs in the browser: it must not use anything outside of itself.
 *
 * @returns null if it is neither an index nor an image.
 */
export function describeManifest(manifest: LooseManifest): ManifestSummary | null {
  const { manifests, config, layers } = manifest;
  if (manifests !== undefined) {
    const all = manifests.map(({ digest = "", platform = {} }) => ({
      platform: platformName(platform),
      digest,
    }));
    // Attestations are listed with the platform "unknown/unknown".
    const platforms = all.filter(({ platform }) => !platform.startsWith("unknown/"));
    return { kind: "index", platforms };
  }
  if (layers === undefined) return null;
  const bytes = [config ?? {}, ...layers].reduce((sum, { size = 0 }) => sum + size, 0);
  return { kind: "image", bytes, config: config?.digest ?? null };

  function platformName({ os, architecture, variant, ...rest }: LoosePlatform): string {
    const version = rest["os.version"];
    const name = [os, architecture, variant].filter((part) => part !== undefined).join("/");
    return version === undefined ? name : `${name} ${version}`;
  }
}
