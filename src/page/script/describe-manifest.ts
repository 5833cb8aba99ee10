/** The parts of an index or a manifest that the page tells of (OCI image-spec). */
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

export type Description =
  | { readonly kind: "index"; readonly platforms: readonly PlatformImage[] }
  | {
      readonly kind: "image";
      /** All that is transferred: the layers, compressed, and the configuration. */
      readonly bytes: number;
      /** The configuration's digest, which tells the platform; null if there is none. */
      readonly config: string | null;
    };

export interface PlatformImage {
  readonly platform: string;
  readonly digest: string;
}

/**
 * Tells what a manifest holds. It runs in the browser as well: all that it needs is inside.
 *
 * @returns null if it is neither an index nor an image.
 */
export function describeManifest(manifest: LooseManifest): Description | null {
  const { manifests, config, layers } = manifest;
  if (manifests !== undefined) {
    const all = manifests.map(({ digest = "", platform = {} }) => ({
      platform: platformName(platform),
      digest,
    }));
    // An attestation is a manifest too, for a platform that there is not.
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
