import { describe, expect, test } from 'vitest';
import { TerminalStream, terminalText } from '../../../src/cli/terminal-text.ts';

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('on a terminal', () => {
  test.each([
    ['a title', '\u001b]0;owned\u0007text'],
    ['the clipboard', '\u001b]52;c;cm0gLXJmIH4K\u001b\\text'],
    ['a question that the terminal answers as if it was typed', '\u001b[c\u001b[6n\u001bP$q"p\u001b\\text'],
    ['an erased screen', '\u001b[2J\u001b[Htext'],
    ['a reset', '\u001bctext'],
    ['other characters', '\u001b(0text\u000e\u000f'],
    ['a bell and what goes back', '\u0007te\bxt'],
    ['sequences of one character', '\u009btext\u009d'],
  ])('%s is not obeyed', (_, written) => {
    expect(terminalText(written, true)).toBe('text');
  });

  test('lines, tabs and what is drawn again on its line stay, and colours where they are wanted', () => {
    const written = '\u001b[1;31mred\u001b[0m\tone\r\ntwo\rtwo …\n';

    expect(terminalText(written, true)).toBe(written);
    expect(terminalText(written, false)).toBe('red\tone\r\ntwo\rtwo …\n');
  });

  test('nothing gets through by being cut, wherever that is', () => {
    const bytes = encoded('begin \u001b]0;title\u0007\u001b[31mgrün\u001b[0m \u001bP1;2q\u001b\\\u001b[?1049hend');
    for (let at = 1; at < bytes.length; at += 1) {
      const stream = new TerminalStream(true);
      const shown = stream.take(bytes.subarray(0, at)) + stream.take(bytes.subarray(at)) + stream.end();

      expect(shown).toBe('begin \u001b[31mgrün\u001b[0m end\u001b[0m');
    }
  });

  test('a sequence that never ends holds nothing back for long', () => {
    const stream = new TerminalStream(false);

    expect(stream.take(encoded('\u001b]0;'))).toBe('');
    expect(stream.take(encoded('x'.repeat(5000)))).toMatch(/^0;x{5000}$/);
    expect(stream.take(encoded('\u001b['))).toBe('');
    expect(stream.end()).toBe('');
  });
});
