import { expectLawful } from "./lawful.ts";

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The code and message of an error; null for anything else. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Reads an answer to its end, and expects nothing of it. */
export async function take(response: Response): Promise<Answer> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { status, headers } = response;
  const text = new TextDecoder().decode(bytes);
  const isJson = status >= 400 && text.startsWith("{");
  return { status, headers, bytes, text, error: isJson ? JSON.parse(text).errors[0] : null };
}

/** Reads an answer to its end, and checks what holds for every one. */
export async function read(method: string, response: Response): Promise<Answer> {
  const answer = await take(response);
  expectLawful(method, answer);
  return answer;
}
