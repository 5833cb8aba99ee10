import type { Account, Verification } from "../../../../tools/setup/account.ts";
import type { SetupContext } from "../../../../tools/setup/setup.ts";
import { Interrupted } from "../../../../tools/setup/terminal.ts";
import { type Language, textsIn } from "../../../../tools/setup/texts.ts";
import { CloudflareError, type SecretChanges } from "../../../../tools/setup/wrangler.ts";
import { SHIPPED } from "../../../support/repository.ts";

/** A context with scripted answers, which records what setup does. */
export interface ScriptedContext extends SetupContext {
  /** Everything said and asked, in order, without the answers. */
  readonly said: string[];
  /** The prompts whose answers were not shown. */
  readonly hidden: string[];
  readonly written: string[];
  readonly stored: SecretChanges[];
  readonly verified: Account[];
  /** The secrets of each deploy. */
  readonly deployed: SecretChanges[];
  /** The titles of the namespaces that were prepared. */
  readonly namespaces: string[];
  /** Each bucket that was prepared, and its days. */
  readonly prepared: [bucket: string, expireDays: number][];
  /** The content of the file with the settings. */
  text: string;
}

export interface Script {
  readonly answers: readonly string[];
  /** English unless set. */
  readonly language?: Language;
  /** The file with the settings; wrangler.toml as it ships unless set. */
  readonly text?: string;
  /** wrangler.toml, if the settings are in mirror.toml. */
  readonly shipped?: string;
  /** Whether mirror.toml does not exist yet. */
  readonly isNew?: boolean;
  /** The names of the stored secrets, or why they are unknown. */
  readonly secrets?: readonly string[] | string;
  /** Docker Hub's results, one for each account that is tried. */
  readonly verifications?: readonly Verification[];
  /** Why secrets cannot be stored. */
  readonly storeError?: string;
  /** The code of Cloudflare's API that goes with it. */
  readonly storeCode?: number;
  /** Why the Worker cannot be deployed. */
  readonly deployError?: string;
  /** Why the KV namespace cannot be prepared. */
  readonly namespaceError?: string;
  /** The days of the bucket's rule; null without a rule. */
  readonly expireDays?: number | null;
  /** Why the bucket cannot be prepared. */
  readonly bucketError?: string;
  /** The code of Cloudflare's API that goes with it. */
  readonly bucketCode?: number;
}

/** The id of every namespace that a scripted context prepares. */
export const NAMESPACE_ID = "0f2ac74b498b48028cb68387c421e279";

export function createContext(script: Script): ScriptedContext {
  const { answers, text = SHIPPED, secrets = [], verifications = [] } = script;
  const [answersLeft, verificationsLeft] = [[...answers], [...verifications]];
  const next = (prompt: string) => {
    context.said.push(prompt);
    const answer = answersLeft.shift();
    if (answer === undefined) throw new Interrupted("Interrupted.", 130);
    return answer;
  };
  const context: ScriptedContext = {
    said: [],
    hidden: [],
    written: [],
    stored: [],
    verified: [],
    prepared: [],
    deployed: [],
    namespaces: [],
    text,
    terminal: {
      texts: textsIn(script.language ?? "en"),
      say: (line) => void context.said.push(line),
      showDiff: (lines) => void context.said.push(lines),
      ask: async (prompt) => next(prompt),
      async askSecret(prompt) {
        context.hidden.push(prompt);
        return next(prompt);
      },
      close: () => undefined,
    },
    settings: {
      name: script.shipped === undefined ? "wrangler.toml" : "mirror.toml",
      shipped: script.shipped ?? "",
      isNew: script.isNew ?? false,
      read: async () => context.text,
      async write(edited) {
        context.written.push(edited);
        context.text = edited;
      },
    },
    cloudflare: {
      listSecrets: async () =>
        typeof secrets === "string" ? { names: null, reason: secrets } : { names: secrets },
      async changeSecrets(changes) {
        const { storeError, storeCode = null } = script;
        if (storeError !== undefined) throw new CloudflareError(storeError, storeCode);
        context.stored.push(changes);
      },
      async deploy(secrets) {
        if (script.deployError !== undefined) throw new CloudflareError(script.deployError, null);
        context.deployed.push(secrets);
      },
      async prepareNamespace(title) {
        if (script.namespaceError !== undefined) throw new Error(script.namespaceError);
        context.namespaces.push(title);
        return NAMESPACE_ID;
      },
      readExpireDays: async () => script.expireDays ?? null,
      async prepareBucket(bucket, expireDays) {
        const { bucketError, bucketCode = null } = script;
        if (bucketError !== undefined) throw new CloudflareError(bucketError, bucketCode);
        context.prepared.push([bucket, expireDays]);
      },
    },
    async verify(account) {
      context.verified.push(account);
      const result = verificationsLeft.shift();
      if (result === undefined) throw new Error("Docker Hub was asked once too often.");
      return result;
    },
    random: (bytes) => "5a".repeat(bytes),
  };
  return context;
}
