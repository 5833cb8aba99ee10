import type { Check } from "../check.ts";
import { contentOf } from "../content.ts";
import { failure, ok } from "../finding.ts";
import type { Reply } from "../http/reply.ts";

const BETWEEN =
  "an interrupted layer starts from its beginning, and a large one never arrives: look for a proxy between you and the mirror that takes Range away";

/** A download that broke can go on where it was. */
export const range: Check = {
  name: "range",
  async run({ ask, config, layer }) {
    const whole = (await layer()) ?? (await config());
    const { pathname } = whole.url;
    const path = pathname.slice(pathname.indexOf("/v2/"));
    const content = contentOf(whole);
    const total = content.byteLength;
    const from = Math.floor(total / 2);
    const rest = await ask(path, { headers: { range: `bytes=${from}-` }, maxBytes: total });
    const wrong = whatIsWrong(rest, content.subarray(from), `bytes ${from}-${total - 1}/${total}`);
    if (wrong !== null) return failure(wrong, BETWEEN);
    const piece = await ask(path, { headers: { range: "bytes=1-4" }, maxBytes: total });
    const wrongPiece = whatIsWrong(piece, content.subarray(1, 5), `bytes 1-4/${total}`);
    if (wrongPiece !== null) return failure(wrongPiece, BETWEEN);
    const beyond = await ask(path, { headers: { range: `bytes=${total}-` } });
    if (beyond.status !== 416)
      return failure(`a range beyond the end is answered ${beyond.status}, not 416`, BETWEEN);
    return ok("206 from the middle on and for a piece, 416 beyond the end; bytes equal");
  },
};

function whatIsWrong(
  { status, headers, bytes }: Reply,
  expected: Uint8Array,
  range: string,
): string | null {
  if (status !== 206) return `a range is answered ${status}, not 206`;
  const told = headers.get("content-range");
  if (told !== range) return `Content-Range is ${told ?? "missing"}, not ${range}`;
  return Buffer.compare(bytes, expected) === 0
    ? null
    : "the bytes of a range are not those of the blob";
}
