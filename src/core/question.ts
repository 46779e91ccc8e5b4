/** How programs ask for a yes, a key or a secret, and how agents ask to be allowed something. Case does not matter. */
const questions: readonly RegExp[] = [
  /[[(](?:y(?:es)?\s?\/\s?n(?:o)?|n(?:o)?\s?\/\s?y(?:es)?)(?:\s?\/[^\])]*)?[\])]\s*(?:\[[^\]]*\]\s*)?[:?>]?\s*$/i,
  /\b(?:press|hit)\b.*\b(?:any key|enter|return|space)\b.*$/i,
  /\b(?:password|passphrase|username|passcode|one-time code|otp)\b.*:\s*$/i,
  /\b(?:continue|proceed|overwrite|are you sure|do you|would you like|is (?:this|that|it) (?:ok|okay|correct)|shall i|should i|allow|approve)\b.*\?\s*(?:[[(].*)?$/i,
  /\bwaiting for (?:your|user|human|manual)\b.*$/i,
  /\b(?:a?waiting|waiting for) (?:your )?(?:approval|permission|confirmation)\b.*$/i,
  /\b(?:enter|select|choose|pick) (?:an?|the|your|one)\b.*:\s*$/i,
  /\byour (?:choice|answer)\b.*[?:]\s*$/i,
  // Lists to choose from, and pagers.
  /\(use arrow keys\)$|^[❯›] |^--more--|^\(end\)$/i,
];

/** Longer lines are shown cut. */
const questionLength = 120;

/**
 * The question that a line is, when it is one that waits for an answer; null otherwise. Only asked of the last line of a
 * run that is silent and does nothing.
 */
export function questionIn(line: string): string | null {
  const text = line.trim();
  if (!questions.some((question) => question.test(text))) return null;
  return text.length > questionLength ? `…${text.slice(1 - questionLength).toWellFormed()}` : text;
}
