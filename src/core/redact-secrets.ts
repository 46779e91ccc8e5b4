/** What stands in the place of a secret. */
export const secretMark = '[secret]';

/** Names of options, variables and keys whose values are secrets. */
const secretName =
  /(?:^|[_.-])(?:api_?-?key|access_?-?key|private_?-?key|secret_?-?key|key|token|secret|password|passwd|passphrase|pwd|credentials?|auth|authorization|cookie|pat)$|(?:token|secret|password|passwd|passphrase|apikey|accesskey|privatekey|secretkey)$/i;

/** Short options that are followed by a password. */
const passwordOptions: ReadonlySet<string> = new Set(['-p', '-P']);

/** What is a secret by its own form, wherever it stands; with what is kept of it before and behind. */
const forms: readonly { readonly pattern: RegExp; readonly shown: string }[] = [
  // Private keys, to the end where that was cut off.
  {
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    shown: secretMark,
  },
  // A password in a URL, also without a name.
  { pattern: /\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/?#]*):[^\s@/]+@/gi, shown: `$1:${secretMark}@` },
  // A token in the place of the name.
  { pattern: /\b(https?:\/\/)[A-Za-z0-9_-]{20,}@/gi, shown: `$1${secretMark}@` },
  { pattern: /\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, shown: `$1 ${secretMark}` },
  { pattern: /\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?/g, shown: secretMark },
  // OpenAI and Anthropic, Stripe.
  { pattern: /\b(?:sk|pk|rk)[-_](?:[A-Za-z0-9]+[-_])*[A-Za-z0-9_-]{16,}/g, shown: secretMark },
  // GitHub, GitLab, npm, Slack, Google, Hugging Face.
  { pattern: /\bgh[a-z]_[A-Za-z0-9]{16,}/g, shown: secretMark },
  { pattern: /\bgithub_pat_[A-Za-z0-9_]{16,}/g, shown: secretMark },
  { pattern: /\bglpat-[A-Za-z0-9_-]{16,}/g, shown: secretMark },
  { pattern: /\bnpm_[A-Za-z0-9]{16,}/g, shown: secretMark },
  { pattern: /\bxox[a-z]-[A-Za-z0-9-]{10,}/g, shown: secretMark },
  { pattern: /\bhooks\.slack\.com\/services\/\S+/g, shown: `hooks.slack.com/services/${secretMark}` },
  { pattern: /\bAIza[A-Za-z0-9_-]{30,}/g, shown: secretMark },
  { pattern: /\bhf_[A-Za-z0-9]{16,}/g, shown: secretMark },
  // Our own: a key, and what a run shows.
  { pattern: /\bwarden_[0-9a-f]{12}_[A-Za-z0-9_-]{20,}/g, shown: secretMark },
  { pattern: /\b(run_[0-9a-f]{12})\.[A-Za-z0-9_-]{20,}/g, shown: `$1.${secretMark}` },
  // AWS.
  { pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, shown: secretMark },
];

/** `NAME=`, `--name=`, `"name": ` within a text. What comes behind may begin with another. */
const assignment =
  /(?<=^|[\s"'`;,&?{(:=])-{0,2}"?([A-Za-z][A-Za-z0-9_.-]*)"?(?:\s*=\s*|\s*:\s*(?!\/\/))(?!(?:bearer|basic)\s)/gi;
const assigned = /"[^"]*"|'[^']*'|[^\s"'`;,&})]+/y;
/** `--name value` */
const option = /(^|\s)(--?[A-Za-z][A-Za-z0-9_.-]*)(\s+)("[^"]*"|'[^']*'|[^\s-]\S*)/g;

/** A text without what looks like a secret: too much is taken away rather than too little. */
export function withoutSecrets(text: string): string {
  const known = forms.reduce((rest, { pattern, shown }) => rest.replaceAll(pattern, shown), text);
  return withoutAssigned(known).replaceAll(
    option,
    (whole, before: string, name: string, between: string, value: string) =>
      isSecretName(name) && !value.includes(secretMark) ? `${before}${name}${between}${secretMark}` : whole,
  );
}

function withoutAssigned(text: string): string {
  let shown = '';
  let end = 0;
  for (const {
    0: { length },
    1: name = '',
    index,
  } of text.matchAll(assignment)) {
    // Within a value that is hidden already.
    if (index < end || !isSecretName(name)) continue;
    assigned.lastIndex = index + length;
    const [value = ''] = assigned.exec(text) ?? [];
    if (value === '' || value.includes(secretMark)) continue;
    shown += `${text.slice(end, index + length)}${secretMark}`;
    end = index + length + value.length;
  }
  return shown + text.slice(end);
}

/** The words of a command, of which the value of an option may be the next one. */
export function argumentsWithoutSecrets(words: readonly string[]): readonly string[] {
  return words.map((word, index) => {
    const before = words[index - 1] ?? '';
    const isValue = before.startsWith('-') && !before.includes('=') && !word.startsWith('-');
    return isValue && (passwordOptions.has(before) || isSecretName(before)) && !/\s/.test(word)
      ? secretMark
      : withoutSecrets(word);
  });
}

/** The same of all that is in a document: by the names of its keys, too. */
export function factsWithoutSecrets(facts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      typeof value === 'string' && value !== '' && isSecretName(name) ? secretMark : valueWithoutSecrets(value),
    ]),
  );
}

function valueWithoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  if (Array.isArray(value)) {
    return value.every((item) => typeof item === 'string')
      ? argumentsWithoutSecrets(value)
      : value.map(valueWithoutSecrets);
  }
  return typeof value === 'object' && value !== null ? factsWithoutSecrets({ ...value }) : value;
}

const isSecretName = (name: string): boolean => secretName.test(name.replaceAll(/^-+|"/g, ''));
