import {
  type Account,
  Interrupted,
  type SecretNames,
  type Verdict,
  type World,
} from "../../../../tools/setup/world.ts";
import { SHIPPED } from "../../../support/repository.ts";

/** A world whose answers are given, and which remembers what was done to it. */
export interface ScriptedWorld extends World {
  /** Everything said and asked, in order; what was typed is not in it. */
  readonly said: string[];
  /** The prompts that hid what was typed. */
  readonly hidden: string[];
  readonly written: string[];
  readonly stored: { readonly [name: string]: string | null }[];
  readonly verified: Account[];
  /** What is in wrangler.toml. */
  text: string;
}

export interface Script {
  readonly answers: readonly string[];
  readonly text?: string;
  /** The names of the stored secrets, or why they are not known. */
  readonly secrets?: readonly string[] | string;
  /** What Docker Hub says, one for each time that it is asked. */
  readonly verdicts?: readonly Verdict[];
  /** Why secrets cannot be stored. */
  readonly storeError?: string;
}

export function createWorld(script: Script): ScriptedWorld {
  const { answers, text = SHIPPED, secrets = [], verdicts = [], storeError } = script;
  const [left, verdictsLeft] = [[...answers], [...verdicts]];
  const next = (prompt: string) => {
    world.said.push(prompt);
    const answer = left.shift();
    if (answer === undefined) throw new Interrupted("Interrupted.", 130);
    return answer;
  };
  const world: ScriptedWorld = {
    said: [],
    hidden: [],
    written: [],
    stored: [],
    verified: [],
    text,
    terminal: {
      say: (line) => world.said.push(line),
      ask: async (prompt) => next(prompt),
      async askSecret(prompt) {
        world.hidden.push(prompt);
        return next(prompt);
      },
    },
    file: {
      read: async () => world.text,
      async write(edited) {
        world.written.push(edited);
        world.text = edited;
      },
    },
    cloudflare: {
      listSecrets: async () => namesOf(secrets),
      async changeSecrets(changes) {
        if (storeError !== undefined) throw new Error(storeError);
        world.stored.push(changes);
      },
    },
    async verify(account) {
      world.verified.push(account);
      const verdict = verdictsLeft.shift();
      if (verdict === undefined) throw new Error("Docker Hub was asked once too often.");
      return verdict;
    },
    random: (bytes) => "5a".repeat(bytes),
  };
  return world;
}

function namesOf(secrets: readonly string[] | string): SecretNames {
  return typeof secrets === "string" ? { names: null, reason: secrets } : { names: secrets };
}
