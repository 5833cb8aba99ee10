import { readBlockOff } from "./toml/block.ts";
import { parseConfig } from "./toml/edit.ts";
import type { Value } from "./toml/literal.ts";

/** What is set up already. */
export interface Present {
  /** The Worker's name. */
  readonly worker: string;
  /** The mirror's own host name; null for workers.dev alone. */
  readonly domain: string | null;
  readonly routes: readonly Value[];
  readonly registries: Texts;
  /** Host name to registry. */
  readonly hosts: Texts;
  readonly hasBlobs: boolean;
  /** The bucket's name: the present one, or the one that is commented out. */
  readonly bucket: string;
  readonly crons: readonly string[];
  /** What they are to be if they are turned on: as they are commented out. */
  readonly cronsToBe: readonly string[];
  readonly upstream: string;
  readonly login: string;
  readonly privateImages: string;
  /** Whether the mirror shows a page to those who may pull. */
  readonly hasPage: boolean;
  /** The names of the Worker's secrets; null if they are not known. */
  readonly secrets: readonly string[] | null;
}

export type Texts = { readonly [name: string]: string };

/** wrangler.toml, as far as setup reads it. */
interface Settings {
  readonly name?: string;
  readonly routes?: readonly { readonly pattern?: string; readonly custom_domain?: boolean }[];
  readonly r2_buckets?: readonly { readonly binding?: string; readonly bucket_name?: string }[];
  readonly triggers?: { readonly crons?: readonly string[] };
  readonly vars?: {
    readonly UPSTREAM?: string;
    readonly LOGIN?: string;
    readonly PRIVATE_IMAGES?: string;
    readonly HOME_PAGE?: string;
    readonly REGISTRIES?: Texts;
    readonly HOSTS?: Texts;
  };
}

/** At an odd minute, when not everybody else's run. */
const HOURLY = "17 * * * *";
const DOCKER_HUB = "https://registry-1.docker.io";

/** @throws Error if the text is no TOML. */
export function readPresent(text: string, secrets: readonly string[] | null): Present {
  const settings = parseConfig(text) as Settings;
  const { name = "sampan", routes = [], r2_buckets = [], triggers = {}, vars = {} } = settings;
  const hosts = vars.HOSTS ?? {};
  const own = routes.find(({ pattern = "", custom_domain }) => custom_domain && !hosts[pattern]);
  const bucket = r2_buckets.find(({ binding }) => binding === "BLOBS");
  const lines = text.split(/\r?\n/);
  const bucketOff = readBlockOff(lines, "[[r2_buckets]]", { binding: "BLOBS" });
  const triggersOff = readBlockOff(lines, "[triggers]", {});
  return {
    worker: name,
    domain: own?.pattern ?? null,
    routes: routes as readonly Value[],
    registries: vars.REGISTRIES ?? {},
    hosts,
    hasBlobs: bucket !== undefined,
    bucket: bucket?.bucket_name ?? String(bucketOff?.bucket_name ?? `${name}-blobs`),
    crons: triggers.crons ?? [],
    cronsToBe: (triggersOff?.crons ?? [HOURLY]) as readonly string[],
    upstream: vars.UPSTREAM ?? DOCKER_HUB,
    login: vars.LOGIN ?? "off",
    privateImages: vars.PRIVATE_IMAGES ?? "check",
    hasPage: vars.HOME_PAGE !== "off",
    secrets,
  };
}

/** Whether the upstream is the one that setup has an account for. */
export function isDockerHub({ upstream }: Present): boolean {
  return upstream.replace(/\/$/, "") === DOCKER_HUB;
}
