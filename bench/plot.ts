import type { Figure, Figures } from "./figures.ts";

/** The figures that are drawn: whole pulls, one panel for each distance. */
const SECTION_START = "Duration of a pull, ";
const NAME_END = ", whole pull";

const WIDTH = 760;
const MARGIN = 20;
/** Room for the labels left of the bars, and for the values right of them. */
const LABEL_WIDTH = 140;
const VALUE_WIDTH = 80;
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

/** Draws the durations of whole pulls as SVG: a panel for each distance, a bar for each mirror. */
export function plotDurations(figures: Figures): string {
  const drawn = figures.all.filter(
    ({ section, name }) => section.startsWith(SECTION_START) && name.endsWith(NAME_END),
  );
  const mirrors = [...new Set(drawn.flatMap(({ samples }) => [...samples.keys()]))];
  const read = ({ section, name }: Figure, mirror: string) => figures.read(section, name, mirror);
  const values = drawn.flatMap((figure) => mirrors.map((mirror) => read(figure, mirror) ?? 0));
  const longest = Math.max(1, ...values);
  const barWidth = WIDTH - 2 * MARGIN - LABEL_WIDTH - VALUE_WIDTH;
  const elements: string[] = [];
  let y = MARGIN;
  const write = (x: number, text: string, className = "") =>
    elements.push(`<text x="${x}" y="${y + BAR_HEIGHT - 2}"${className}>${escapeXml(text)}</text>`);
  const drawBar = (x: number, width: number, color = "") =>
    elements.push(
      `<rect x="${x}" y="${y}" width="${width}" height="${BAR_HEIGHT}" fill="${color}"/>`,
    );

  write(MARGIN, "Duration of a whole pull in milliseconds; shorter is better", ` class="title"`);
  y += LINE_HEIGHT + BAR_GAP;
  for (const [index, mirror] of mirrors.entries()) {
    const x = MARGIN + (index * (WIDTH - 2 * MARGIN)) / mirrors.length;
    drawBar(x, BAR_HEIGHT, colorOf(index));
    write(x + LINE_HEIGHT, mirror);
  }
  y += LINE_HEIGHT;
  for (const section of new Set(drawn.map((figure) => figure.section))) {
    y += GROUP_GAP;
    write(MARGIN, section.slice(SECTION_START.length), ` class="title"`);
    y += LINE_HEIGHT + BAR_GAP;
    for (const figure of drawn.filter((other) => other.section === section)) {
      write(MARGIN, figure.name.slice(0, -NAME_END.length));
      for (const [index, mirror] of mirrors.entries()) {
        const value = read(figure, mirror);
        if (value === null) continue;
        const width = Math.max(1, Math.round((barWidth * value) / longest));
        drawBar(MARGIN + LABEL_WIDTH, width, colorOf(index));
        write(MARGIN + LABEL_WIDTH + width + 4, Math.round(value).toLocaleString("en"));
        y += BAR_HEIGHT + BAR_GAP;
      }
      y += GROUP_GAP;
    }
  }
  const height = y + MARGIN - GROUP_GAP;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    "<title>Duration of a whole pull by mirror and distance of the upstream</title>",
    `<style>${STYLE}</style>`,
    `<rect class="background" width="${WIDTH}" height="${height}"/>`,
    ...elements,
    "</svg>\n",
  ].join("\n");
}

function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? "";
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
