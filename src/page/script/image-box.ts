import type { Browser, ElementFactory, PageElement, ScriptData } from "./browser.ts";
import {
  fetchFromMirror,
  type LooseConfig,
  type LooseManifest,
  type LoosePlatform,
  type MirrorResponse,
} from "./mirror-client.ts";
import { type LocatedImage, rewrite } from "./parse-image.ts";

/** The fields of a list of tags. */
interface LooseTags {
  readonly tags?: readonly string[] | null;
}

/** The fields of the search API's response that the page shows. */
interface LooseResults {
  readonly results?: readonly { readonly name: string }[];
}

/** A title and a text. */
type Row = readonly [string, string];

/**
 * Starts the box for any text: its commands as it is typed, and on request its tags, what the caches
 * know of the image, and search results. None of its requests costs a pull.
 */
export function startImageBox(
  browser: Browser,
  { texts, names, api, search, language }: ScriptData,
  { create, createButton, createCode, createError }: ElementFactory,
): void {
  const maxTags = 40;
  const maxRows = 16;
  const find = (id: string) => browser.document.getElementById(id);
  const [input, status, output] = [find("image-text"), find("image-status"), find("image-output")];
  const [commands, matches] = [find("image-commands"), find("image-matches")];
  const sample = [...commands.childNodes];
  let shown = rewrite("", names);
  let platform = "";
  let latest = {};
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    const { key, shiftKey, isComposing } = event;
    if (key !== "Enter" || shiftKey || isComposing || input.value.includes("\n")) return;
    event.preventDefault();
    lookUp();
  });
  find("image-form").addEventListener("submit", (event) => {
    event.preventDefault();
    lookUp();
  });
  show();

  function choose(text: string): void {
    input.value = text;
    show();
    input.focus();
    lookUp();
  }

  /** Shows the commands of the text, and forgets everything else. */
  function show(): void {
    latest = {};
    platform = "";
    shown = rewrite(input.value, names);
    input.rows = Math.min(input.value.split("\n").length, maxRows);
    showCommands();
    const { text, left } = shown;
    // A text without an image may be a search.
    status.replaceChildren(text === null && left.length !== 1 ? "" : describeLeft());
    output.replaceChildren();
    matches.replaceChildren();
  }

  function showCommands(): void {
    const { text, images, left } = shown;
    if (text === null) {
      commands.replaceChildren(...(input.value.trim() === "" ? sample : []));
      return;
    }
    const isPull = /^\S*docker pull \S+$/.test(text) && platform !== "";
    const pull = isPull ? text.replace("pull", `pull --platform ${platform}`) : text;
    const [{ here, usual } = { here: "", usual: null }] = images;
    const isOne = usual !== null && images.length + left.length === 1 && /\bpull\b/.test(text);
    const code = [createCode(texts.here, pull)];
    if (isOne) code.push(createCode(texts.tag, `docker tag ${here} ${usual}`));
    commands.replaceChildren(...code);
  }

  /** @returns why references stay as they are; empty if none does. */
  function describeLeft(): string {
    const { left, images } = shown;
    const isOnly = images.length + left.length === 1;
    return left
      .map(({ reference, elsewhere }) => {
        const reason =
          elsewhere === null ? texts.invalid : texts.elsewhere.replace("{registry}", elsewhere);
        return isOnly ? reason : `${reference} – ${reason}`;
      })
      .join(" ");
  }

  async function lookUp(): Promise<void> {
    const { images, left } = shown;
    const text = input.value.trim();
    const image = images.length === 1 && left.length === 0 ? (images[0] ?? null) : null;
    const term = text.includes("\n") ? "" : (image?.usualName ?? text);
    const isSearch = search !== null && term !== "" && (image === null || !term.includes("."));
    if (image === null && !isSearch) {
      if (text !== "" && images.length === 0) status.replaceChildren(describeLeft() || texts.none);
      return;
    }
    const current = {};
    latest = current;
    status.replaceChildren(texts.asking);
    const [facts, results] = await Promise.all([
      image === null ? [] : fetchFacts(image),
      isSearch ? request(`${search}?q=${encodeURIComponent(term)}`, false) : null,
    ]);
    // The text may have changed during the requests.
    if (current !== latest) return;
    status.replaceChildren();
    output.replaceChildren(...facts);
    matches.replaceChildren(...(results === null ? [] : createMatches(results)));
  }

  function request(url: string, isCacheOnly: boolean): Promise<MirrorResponse> {
    return fetchFromMirror(browser, texts, url, isCacheOnly);
  }

  /** @param path below the image's name, e.g. `blobs/sha256:…`. */
  function fetchPart({ name }: LocatedImage, path: string, isCacheOnly: boolean) {
    return request(`${api}${name}/${path}`, isCacheOnly);
  }

  async function fetchFacts(image: LocatedImage): Promise<PageElement[]> {
    const fetchTags = fetchPart(image, "tags/list?n=1000", false);
    if (image.reference.includes("$")) return createTags(image, await fetchTags);
    const [tags, manifest] = await Promise.all([
      fetchTags,
      fetchPart(image, `manifests/${image.reference}`, true),
    ]);
    if ("error" in tags && "error" in manifest) return [createError(tags)];
    return [...createTags(image, tags), ...(await createDetails(image, manifest))];
  }

  function createTags(image: LocatedImage, response: MirrorResponse): PageElement[] {
    if ("error" in response) return [createError(response)];
    const typed = image.tag ?? "";
    const order = new Intl.Collator("en", { numeric: true });
    const rank = (tag: string) => (tag === "latest" ? 2 : Number(/^v?\d/.test(tag)));
    const versionOf = (tag: string) => tag.replace(/-.*/, "");
    const all = [...((response.json as LooseTags).tags ?? [])]
      .filter((tag) => !/^sha\d+-/.test(tag))
      // The newest version first, with its variants; names without a version last.
      .sort(
        (a, b) =>
          rank(b) - rank(a) || order.compare(versionOf(b), versionOf(a)) || order.compare(a, b),
      );
    const similar = all.filter((tag) => tag.startsWith(typed));
    const list = similar.length > 0 ? similar : all;
    const chips = createChips(list.slice(0, maxTags), list.indexOf(image.reference), (tag) =>
      choose(`${image.usualName}:${tag}`),
    );
    const rest = list.length - maxTags;
    if (rest > 0) chips.append(create("span", `+ ${rest.toLocaleString(language)}`, "note"));
    const isMissing =
      response.isComplete && typed !== "" && !typed.includes("$") && !all.includes(typed);
    const note = isMissing ? [create("p", texts.noTag.replace("{tag}", typed), "warning")] : [];
    return [...note, create("h2", texts.tags), chips];
  }

  /** @returns a button for each name, of which the chosen one is pressed. */
  function createChips(
    chipNames: readonly string[],
    chosen: number,
    onChoose: (name: string, index: number) => void,
  ): PageElement {
    const buttons = chipNames.map((name, index) =>
      createButton(name, "", () => {
        press(index);
        onChoose(name, index);
      }),
    );
    const press = (pressed: number) => {
      for (const [index, button] of buttons.entries()) {
        button.setAttribute("aria-pressed", String(index === pressed));
      }
    };
    press(chosen);
    const chips = create("div", "", "chips");
    chips.append(...buttons);
    return chips;
  }

  /** @returns what the caches know: only a manifest that was pulled before costs no pull. */
  async function createDetails(
    image: LocatedImage,
    response: MirrorResponse,
  ): Promise<PageElement[]> {
    if ("error" in response) {
      return response.status === 504
        ? [create("p", texts.uncached, "note")]
        : [createError(response)];
    }
    const list = create("dl");
    const digest: Row = [texts.digest, response.digest ?? ""];
    const { manifests } = response.json as LooseManifest;
    if (manifests === undefined) {
      list.append(...createRows([...(await describeImage(image, response)), digest]));
      return [list];
    }
    // Attestations are listed with the platform "unknown/unknown".
    const platforms = manifests.filter((part) => part.platform?.os !== "unknown");
    const platformNames = platforms.map((part) => platformName(part.platform));
    // The command may have a platform; `linux/arm64` is also `linux/arm64/v8`.
    const [, wanted = ""] = /--platform[= ](\S+)/.exec(shown.text ?? "") ?? [];
    let selected = Math.max(
      platformNames.findIndex((name) => `${name}/`.startsWith(`${wanted}/`)),
      0,
    );
    const chips = createChips(platformNames, selected, (name, index) => {
      platform = name;
      showCommands();
      showPlatform(index);
    });
    await showPlatform(selected);
    return [create("h2", texts.platform), chips, list];

    async function showPlatform(index: number): Promise<void> {
      selected = index;
      const manifest = await fetchPart(image, `manifests/${platforms[index]?.digest}`, true);
      const rows = await describeImage(image, manifest);
      // Another platform may have been chosen meanwhile.
      if (selected === index) list.replaceChildren(...createRows([...rows, digest]));
    }
  }

  /** @returns titles and texts; of the image's configuration too, which is never counted as a pull. */
  async function describeImage(image: LocatedImage, response: MirrorResponse): Promise<Row[]> {
    if ("error" in response) {
      return [[texts.size, response.status === 504 ? texts.uncached : response.error]];
    }
    const { config, layers = [] } = response.json as LooseManifest;
    const blob = await fetchPart(image, `blobs/${config?.digest}`, false);
    const about = ("json" in blob ? blob.json : {}) as LooseConfig;
    const { Entrypoint, Cmd, ExposedPorts, Env } = about.config ?? {};
    const bytes = layers.reduce((sum, { size = 0 }) => sum + size, config?.size ?? 0);
    return [
      [texts.platform, platformName(about)],
      [texts.size, formatSize(bytes)],
      [texts.entrypoint, [...(Entrypoint ?? []), ...(Cmd ?? [])].join(" ")],
      [texts.ports, Object.keys(ExposedPorts ?? {}).join(", ")],
      [texts.environment, (Env ?? []).join("\n")],
    ];
  }

  function platformName({ os, architecture, variant }: LoosePlatform = {}): string {
    return [os, architecture, variant].filter(Boolean).join("/");
  }

  function formatSize(bytes: number): string {
    const [unit, unitBytes] = bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
    const format = { style: "unit", unit, maximumFractionDigits: 1 } as const;
    return (bytes / unitBytes).toLocaleString(language, format);
  }

  /** @returns the rows of a list, without those that have no text. */
  function createRows(rows: readonly Row[]): PageElement[] {
    return rows.flatMap(([title, text]) =>
      text === "" ? [] : [create("dt", title), create("dd", text)],
    );
  }

  function createMatches(response: MirrorResponse): PageElement[] {
    if ("error" in response) return [createError(response)];
    const results = (response.json as LooseResults).results ?? [];
    const found = results.map(({ name }) => name);
    return found.length === 0
      ? [create("p", texts.none, "note")]
      : [create("h2", texts.matches), createChips(found, -1, choose)];
  }
}
