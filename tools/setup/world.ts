/** Everything outside of the program; tests hand in another one. */
export interface World {
  readonly terminal: Terminal;
  readonly file: ConfigFile;
  readonly cloudflare: Cloudflare;
  /** Asks Docker Hub whether it knows the account. */
  readonly verify: (account: Account) => Promise<Verdict>;
  /** @returns that many random bytes, as lower-case hexadecimal digits. */
  readonly random: (bytes: number) => string;
}

export interface Terminal {
  say(text: string): void;
  /** @throws Interrupted on Ctrl-C, and when there are no more answers. */
  ask(prompt: string): Promise<string>;
  /** The same; what is typed is not shown. */
  askSecret(prompt: string): Promise<string>;
}

/** wrangler.toml. */
export interface ConfigFile {
  read(): Promise<string>;
  /** All of it or nothing. */
  write(text: string): Promise<void>;
}

/** The deployed Worker's secrets, by way of wrangler. */
export interface Cloudflare {
  listSecrets(): Promise<SecretNames>;
  /** @throws Error with wrangler's reason; then none is changed. */
  changeSecrets(changes: SecretChanges): Promise<void>;
}

/** The names alone: nobody can read the values. None if there is no such Worker yet. */
export type SecretNames =
  | { readonly names: readonly string[] }
  | { readonly names: null; readonly reason: string };

/** Name to value; null deletes. */
export type SecretChanges = { readonly [name: string]: string | null };

/** An account of Docker Hub. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

/** What the token service says of an account. */
export type Verdict =
  | { readonly kind: "accepted" | "rejected" }
  | { readonly kind: "unknown"; readonly reason: string };

/** The person, or the end of the input, ended the questions. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}
