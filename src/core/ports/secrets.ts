/** Secrets that are given out once; what is kept of them does not tell them. */
export interface Secrets {
  /** 256 random bits, as 43 characters that need no quoting anywhere. */
  create(): string;
  /** What is kept of a secret. */
  digest(secret: string, salt: string): string;
  /** Takes as long whether or not they are the same. */
  isSame(digest: string, other: string): boolean;
}
