import type { Reply } from "./http/reply.ts";

/** There was an answer, but not the one that it takes to go on. */
export class Refused extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(`${reply.method} was answered ${reply.status}`);
    this.name = "Refused";
    this.reply = reply;
  }
}
