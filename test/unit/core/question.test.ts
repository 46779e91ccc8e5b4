import { describe, expect, it } from 'vitest';
import { questionIn } from '../../../src/core/question.ts';

describe('a line that waits for an answer', () => {
  it.each([
    'Proceed? [y/N]',
    'Overwrite file.txt (y/n): ',
    'Are you sure you want to continue connecting (yes/no/[fingerprint])?',
    "Password for 'https://git.example': ",
    'Enter passphrase for key:',
    'Press any key to continue . . .',
    'Do you want to make this edit to main.ts?',
    'Waiting for your approval',
  ])('is %j', (line) => {
    expect(questionIn(line)).toBe(line.trim());
  });

  it.each(['Compiling 12 files', 'Why does this fail?', 'passwords: 3 found', 'waiting for the server', ''])(
    'is not %j',
    (line) => {
      expect(questionIn(line)).toBeNull();
    },
  );

  it('is shown cut when it is long', () => {
    expect(questionIn(`${'x'.repeat(500)} continue?`)).toMatch(/^…x{100,} continue\?$/);
  });
});
