import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { dockerGuide } from "../../src/page/guides/docker.ts";
import { containerdGuide } from "../../src/page/guides/kubernetes.ts";
import { buildkitGuide, podmanGuide } from "../../src/page/guides/tools.ts";
import { en } from "../../src/page/texts/en.ts";
import { OPEN } from "../page/fixtures.ts";
import { snippetsOf } from "../page/guides/sandbox.ts";
import { readOwn } from "../support/repository.ts";

const CLIENTS = readOwn("docs/clients.md");

describe("docs/clients.md", () => {
  test.each(blocksIn("json"))("has valid JSON: %s", (block) => {
    expect(Object.keys(JSON.parse(block))).not.toEqual([]);
  });

  test.each(blocksIn("toml"))("has valid TOML: %s", (block) => {
    expect(Object.keys(parse(block))).not.toEqual([]);
  });

  test("has the settings of the home page", () => {
    const guides = [dockerGuide, containerdGuide, podmanGuide, buildkitGuide];
    const page = guides.flatMap((guide) => snippetsOf(guide(OPEN, en))).map(([, text]) => text);
    const [daemon = ""] = blocksIn("json");
    expect(page).toContain(JSON.stringify(JSON.parse(daemon), null, 2));
    const [buildkit, hosts, , registries] = blocksIn("toml");
    for (const text of [buildkit, hosts, registries]) {
      expect(page.join("\n")).toContain(text);
    }
  });

  test("links to sections that it has", () => {
    const headings = [...CLIENTS.matchAll(/^## (.*)$/gm)].map(([, heading = ""]) =>
      anchor(heading),
    );
    const links = [...CLIENTS.matchAll(/\]\(#([^)]*)\)/g)].map(([, link]) => link);
    expect(new Set(links)).toEqual(new Set(headings.filter((one) => one !== "locks")));
  });
});

function blocksIn(language: string): string[] {
  const blocks = CLIENTS.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"));
  return [...blocks].map(([, block = ""]) => block.trimEnd());
}

/** @returns the fragment that GitHub gives a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}
