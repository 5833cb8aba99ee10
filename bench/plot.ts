import { CPU } from "./cpu.ts";
import { type Figure, type Figures, formatRange } from "./figures.ts";
import { QUOTA, REQUESTS } from "./pulls.ts";
import { MANIFESTS } from "./rates.ts";

/** A drawing of some figures: a panel for each section, a group of bars for each figure. */
export interface Plot {
  /** The end of the file's name. */
  readonly name: string;
  readonly title: string;
  /** @returns the texts of the figure's panel, which may be empty, and group; null if not drawn. */
  readonly label: (figure: Figure) => Labels | null;
}

interface Labels {
  readonly panel: string;
  readonly group: string;
}

const DURATION = "Duration of a pull, ";
const WHOLE_PULL = ", whole pull";
const SUMMARY = ["cold, whole pull", "warm, whole pull"];
const COUNTED = ["cold, single-arch", "cold, multi-arch", "warm", "after the tag window"];

export const PLOTS: readonly Plot[] = [
  {
    name: "summary",
    title:
      "Milliseconds of a pull, Docker Hub 200 ms away: median (lowest to highest); shorter is better",
    label: ({ section, name }) =>
      section === `${DURATION}upstream 200 ms away` && SUMMARY.includes(name)
        ? { panel: "", group: name.slice(0, -WHOLE_PULL.length) }
        : null,
  },
  {
    name: "durations",
    title: "Milliseconds of a whole pull: median (lowest to highest); shorter is better",
    label: ({ section, name }) =>
      section.startsWith(DURATION) && name.endsWith(WHOLE_PULL)
        ? { panel: section.slice(DURATION.length), group: name.slice(0, -WHOLE_PULL.length) }
        : null,
  },
  {
    name: "requests",
    title: "Cost of one pull at Docker Hub; shorter is better",
    label: ({ section, name }) =>
      [REQUESTS, QUOTA].includes(section) && COUNTED.includes(name)
        ? { panel: section, group: name }
        : null,
  },
  {
    name: "hits",
    title: "Manifests per second, from 32 connections; longer is better",
    label: ({ section, name, unit }) =>
      section === MANIFESTS && unit === "hits/s" ? { panel: section, group: name } : null,
  },
  {
    name: "cpu",
    title: "Extra CPU of a request in milliseconds; the free plan allows 10",
    label: ({ section, name }) => (section === CPU ? { panel: section, group: name } : null),
  },
];

const WIDTH = 760;
const MARGIN = 20;
/** Room for the labels left of the bars, and for the values right of them. */
const LABEL_WIDTH = 250;
const VALUE_WIDTH = 150;
const LINE_HEIGHT = 18;
const BAR_HEIGHT = 12;
const BAR_GAP = 2;
const GROUP_GAP = 10;
/** Legible on light and on dark background. */
const COLORS = ["#2f81f7", "#2da44e", "#d4790e", "#a371f7", "#e0569b", "#768390"];

/** Follows the colour scheme of the reader. The background is part of the plot for that reason. */
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .background { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .background { fill: #0d1117; }
  }
`;

/** Draws a plot as SVG. */
export function drawPlot({ title, label }: Plot, figures: Figures): string {
  const drawn = figures.all.flatMap((figure) => {
    const labels = label(figure);
    return labels === null ? [] : [{ figure, ...labels }];
  });
  const mirrors = [...new Set(drawn.flatMap(({ figure }) => [...figure.samples.keys()]))];
  const read = ({ section, name }: Figure, mirror: string) => figures.read(section, name, mirror);
  const values = drawn.flatMap(({ figure }) => mirrors.map((mirror) => read(figure, mirror) ?? 0));
  const longest = Math.max(...values, Number.MIN_VALUE);
  const barWidth = WIDTH - 2 * MARGIN - LABEL_WIDTH - VALUE_WIDTH;
  const elements: string[] = [];
  let y = MARGIN;
  const write = (x: number, text: string, className = "") =>
    elements.push(`<text x="${x}" y="${y + BAR_HEIGHT - 2}"${className}>${escapeXml(text)}</text>`);
  const drawBar = (x: number, width: number, color = "") =>
    elements.push(
      `<rect x="${x}" y="${y}" width="${width}" height="${BAR_HEIGHT}" fill="${color}"/>`,
    );

  write(MARGIN, title, ` class="title"`);
  y += LINE_HEIGHT + BAR_GAP;
  for (const [index, mirror] of mirrors.entries()) {
    const x = MARGIN + (index * (WIDTH - 2 * MARGIN)) / mirrors.length;
    drawBar(x, BAR_HEIGHT, colorOf(index));
    write(x + LINE_HEIGHT, mirror);
  }
  y += LINE_HEIGHT;
  for (const panel of new Set(drawn.map((other) => other.panel))) {
    y += GROUP_GAP;
    if (panel !== "") {
      write(MARGIN, panel, ` class="title"`);
      y += LINE_HEIGHT + BAR_GAP;
    }
    for (const { figure, group } of drawn.filter((other) => other.panel === panel)) {
      write(MARGIN, group);
      for (const [index, mirror] of mirrors.entries()) {
        const value = read(figure, mirror);
        if (value === null) continue;
        const width = Math.max(1, Math.round((barWidth * value) / longest));
        drawBar(MARGIN + LABEL_WIDTH, width, colorOf(index));
        const range = formatRange(figure.samples.get(mirror) ?? [], formatNumber);
        const label = formatNumber(value) + (range === null ? "" : ` (${range})`);
        write(MARGIN + LABEL_WIDTH + width + 4, label);
        y += BAR_HEIGHT + BAR_GAP;
      }
      y += GROUP_GAP;
    }
  }
  const height = y + MARGIN - GROUP_GAP;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="background" width="${WIDTH}" height="${height}"/>`,
    ...elements,
    "</svg>\n",
  ].join("\n");
}

function formatNumber(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
}

function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? "";
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
