/**
 * The arguments in a command line of Windows, by the rules of its C runtime: blanks part them except between double
 * quotes, and backslashes are themselves except before a quote ("Parsing C command-line arguments", Microsoft Learn).
 */
export function windowsArguments(commandLine: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let isQuoted = false;
  for (const [text] of commandLine.matchAll(/\\*"|\\+|[^\\"]/gs)) {
    if (text.endsWith('"')) {
      const slashes = text.length - 1;
      const isLiteral = slashes % 2 === 1;
      word = (word ?? '') + '\\'.repeat(slashes >> 1) + (isLiteral ? '"' : '');
      if (!isLiteral) isQuoted = !isQuoted;
    } else if (isQuoted || !/\s/.test(text)) {
      word = (word ?? '') + text;
    } else if (word !== null) {
      words.push(word);
      word = null;
    }
  }
  return word === null ? words : [...words, word];
}
