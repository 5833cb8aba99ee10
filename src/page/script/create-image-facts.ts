import type { Asked } from "./ask-mirror.ts";
import type { PageElement } from "./browser.ts";
import type { Kit } from "./create-kit.ts";
import type { describeManifest, LoosePlatform } from "./describe-manifest.ts";
import type { ScriptData } from "./script-data.ts";

/** How to go on asking about the image. */
export interface Inquiry extends Pick<ScriptData, "language" | "texts"> {
  /** @param path below the image's name, e.g. `blobs/sha256:…`. */
  ask(path: string): Promise<Asked>;
}

/**
 * Makes what the page shows of an image: digest, platforms, sizes. A size takes a manifest, and that
 * one pull of the quota; so it is asked for one platform at a time. It runs in the browser: all that
 * it needs is inside, or handed in.
 */
export async function createImageFacts(
  asked: Extract<Asked, { error: null }>,
  { ask, language, texts }: Inquiry,
  { create, createError, createButton, createCode }: Kit,
  describe: typeof describeManifest,
): Promise<PageElement[]> {
  const digest = asked.digest === null ? [] : [createCode(texts.digest, asked.digest)];
  const description = describe(asked.json as object);
  if (description === null) return digest;
  if (description.kind === "image") {
    const platform = await platformOf(description.config);
    return [...digest, createList([[platform, sizeOf(asked)]])];
  }
  const rows = description.platforms.map((image): [string, PageElement] => {
    const cell = create("span");
    cell.append(
      createButton(texts.showSize, image.platform, async () => {
        cell.replaceChildren(sizeOf(await ask(`manifests/${image.digest}`)));
      }),
    );
    return [image.platform, cell];
  });
  return [...digest, createList(rows)];

  async function platformOf(config: string | null): Promise<string> {
    const reply = config === null ? null : await ask(`blobs/${config}`);
    if (reply === null || reply.error !== null) return texts.anyPlatform;
    const { os, architecture, variant } = reply.json as LoosePlatform;
    return [os, architecture, variant].filter(Boolean).join("/") || texts.anyPlatform;
  }

  function sizeOf(reply: Asked): PageElement | string {
    if (reply.error !== null) return createError(reply);
    const found = describe(reply.json as object);
    if (found?.kind !== "image") return texts.anyPlatform;
    const [unit, bytes] = found.bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
    const format = { style: "unit", unit, maximumFractionDigits: 1 } as const;
    return (found.bytes / bytes).toLocaleString(language, format);
  }

  function createList(rows: readonly (readonly [string, PageElement | string])[]): PageElement {
    const list = create("dl");
    for (const [platform, size] of rows) {
      const item = create("dd");
      item.append(size);
      list.append(create("dt", platform), item);
    }
    return list;
  }
}
