/**
 * Whether a pattern stands for the whole of a text: `*` for any characters, none and line breaks too, `?` for any one,
 * everything else for itself. Case counts. Takes no longer than the product of both lengths, whatever the pattern.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let [inPattern, inText] = [0, 0];
  /** The last `*`, and where in the text what follows it was tried. */
  let [star, tried] = [-1, 0];
  while (inText < text.length) {
    const wanted = pattern[inPattern];
    if (wanted === '*') {
      star = inPattern;
      tried = inText;
      inPattern += 1;
    } else if (wanted === '?' || wanted === text[inText]) {
      inPattern += 1;
      inText += 1;
    } else if (star >= 0) {
      inPattern = star + 1;
      tried += 1;
      inText = tried;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(inPattern));
}
