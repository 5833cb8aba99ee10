/** An answer that has come to its end. */
export interface Answer {
  readonly status: number;
  /** Bytes of its body. */
  readonly bytes: number;
}

const HEAD_END = "\r\n\r\n";
const LINE_END = "\r\n";
const NOTHING = Buffer.alloc(0);

/**
 * Reads answers to GET off an HTTP/1.1 connection and keeps nothing of them, so that reading costs
 * next to nothing.
 *
 * @returns takes the bytes as they come. Throws at what is no answer with a length or in chunks.
 */
export function createAnswerReader(onEnd: (answer: Answer) => void): (input: Buffer) => void {
  let step = readHead;
  let status = 0;
  let bytes = 0;
  let left = 0;
  let rest: Buffer = NOTHING;

  function readHead(input: Buffer): number {
    const end = input.indexOf(HEAD_END);
    if (end < 0) return 0;
    const head = input.toString("latin1", 0, end);
    status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
    bytes = 0;
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length !== undefined) expectBody(Number(length));
    else if (/\r\ntransfer-encoding: *chunked/i.test(head)) step = readChunkSize;
    else throw new Error(`This answer has no end: ${head}`);
    return end + HEAD_END.length;
  }

  function expectBody(length: number): void {
    left = length;
    step = readBody;
    if (left === 0) finish();
  }

  function readBody(input: Buffer): number {
    const taken = Math.min(left, input.length);
    left -= taken;
    bytes += taken;
    if (left === 0) finish();
    return taken;
  }

  function readChunkSize(input: Buffer): number {
    const end = input.indexOf(LINE_END);
    if (end < 0) return 0;
    const size = Number.parseInt(input.toString("latin1", 0, end), 16);
    bytes += size;
    // The line end after the chunk, or after the last one the empty line that ends the body.
    left = size + LINE_END.length;
    step = size === 0 ? readLastLine : readChunk;
    return end + LINE_END.length;
  }

  function readChunk(input: Buffer): number {
    const taken = Math.min(left, input.length);
    left -= taken;
    if (left === 0) step = readChunkSize;
    return taken;
  }

  function readLastLine(input: Buffer): number {
    const taken = Math.min(left, input.length);
    left -= taken;
    if (left === 0) finish();
    return taken;
  }

  function finish(): void {
    step = readHead;
    onEnd({ status, bytes });
  }

  return (chunk) => {
    let input = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let taken = -1; taken !== 0 && input.length > 0; input = input.subarray(taken)) {
      taken = step(input);
    }
    rest = input;
  };
}
