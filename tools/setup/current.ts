import { DEFAULTS, splitList } from "../../src/config/settings.ts";
import { mergeConfig } from "../wrangler/config.ts";
import { parseConfig } from "./toml/edit.ts";
import type { Entries, Value } from "./toml/value.ts";

/** The mirror as it is set up now: its configuration, and which secrets are stored. */
export interface CurrentConfig {
  /** The Worker's name. */
  readonly worker: string;
  /** The mirror's own host name; null for workers.dev only. */
  readonly domain: string | null;
  readonly routes: readonly Value[];
  /** Registry name to URL, or to several. */
  readonly registries: Texts;
  /** Host name to registry name. */
  readonly hosts: Texts;
  /** The entry of the KV namespace; null without one. */
  readonly cache: Entries | null;
  readonly hasBlobs: boolean;
  /** The bucket's name: the one in use, or the one to create. */
  readonly bucket: string;
  /** The value of BLOB_KEEP_DAYS, in days. */
  readonly blobKeepDays: number;
  /** The value of BLOB_MAX_BYTES; 0 if no layers are stored anywhere. */
  readonly blobMaxBytes: number;
  readonly upstream: string;
  readonly login: string;
  readonly privateImages: string;
  readonly hasPage: boolean;
  readonly hasSearch: boolean;
  /** The names of the Worker's secrets; null if unknown. */
  readonly secrets: readonly string[] | null;
}

export type Texts = { readonly [name: string]: string };

/** The part of the configuration that setup reads. */
interface WranglerToml {
  readonly name?: string;
  readonly routes?: readonly { readonly pattern?: string; readonly custom_domain?: boolean }[];
  readonly kv_namespaces?: readonly Entries[];
  readonly r2_buckets?: readonly { readonly binding?: string; readonly bucket_name?: string }[];
  readonly vars?: {
    readonly UPSTREAM?: string;
    readonly BLOB_KEEP_DAYS?: number | string;
    readonly BLOB_MAX_BYTES?: number | string;
    readonly LOGIN?: string;
    readonly PRIVATE_IMAGES?: string;
    readonly HOME_PAGE?: string;
    readonly SEARCH?: string;
    readonly REGISTRIES?: Texts;
    readonly HOSTS?: Texts;
  };
}

/**
 * @param text the file with the owner's settings.
 * @param shipped the project's configuration, if that is another file.
 * @throws Error if a text is not TOML.
 */
export function readCurrentConfig(
  text: string,
  secrets: readonly string[] | null,
  shipped = "",
): CurrentConfig {
  const {
    name = "sampan",
    routes = [],
    kv_namespaces = [],
    r2_buckets = [],
    vars = {},
  } = mergeConfig(parseConfig(shipped), parseConfig(text)) as WranglerToml;
  const hosts = vars.HOSTS ?? {};
  const own = routes.find(({ pattern = "", custom_domain }) => custom_domain && !hosts[pattern]);
  const bucket = r2_buckets.find(({ binding }) => binding === "BLOBS");
  return {
    worker: name,
    domain: own?.pattern ?? null,
    routes: routes as readonly Value[],
    registries: vars.REGISTRIES ?? {},
    hosts,
    cache: kv_namespaces.find(({ binding }) => binding === "CACHE") ?? null,
    hasBlobs: bucket !== undefined,
    bucket: bucket?.bucket_name ?? `${name}-blobs`,
    blobKeepDays: Number(vars.BLOB_KEEP_DAYS ?? DEFAULTS.BLOB_KEEP_DAYS),
    blobMaxBytes: Number(vars.BLOB_MAX_BYTES ?? DEFAULTS.BLOB_MAX_BYTES),
    upstream: vars.UPSTREAM ?? DEFAULTS.UPSTREAM,
    login: vars.LOGIN ?? DEFAULTS.LOGIN,
    privateImages: vars.PRIVATE_IMAGES ?? DEFAULTS.PRIVATE_IMAGES,
    hasPage: vars.HOME_PAGE !== "off",
    hasSearch: vars.SEARCH === "on",
    secrets,
  };
}

/** Whether Docker Hub is among the upstreams: then setup can store an account for it. */
export function isDockerHub({ upstream }: CurrentConfig): boolean {
  return splitList(upstream).some((url) => url.replace(/\/$/, "") === DEFAULTS.UPSTREAM);
}
