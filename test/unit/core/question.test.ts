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
    'Awaiting approval of the plan',
    'Waiting for permission to edit main.ts',
    'Do you trust the files in this folder?',
    'Is this OK? (yes) ',
    'Really delete it? (yes/no) [no]: ',
    'Enter your name: ',
    'Select an option [1-3]: ',
    'What is your choice? ',
    '? Pick a framework: (Use arrow keys)',
    '❯ 1. Yes',
    '--More--(12%)',
    '(END)',
  ])('is %j', (line) => {
    expect(questionIn(line)).toBe(line.trim());
  });

  it.each([
    'Compiling 12 files',
    'Why does this fail?',
    'passwords: 3 found',
    'waiting for the server',
    'Selecting tests:',
    'Enter: src',
    'THE END',
    '',
  ])('is not %j', (line) => {
    expect(questionIn(line)).toBeNull();
  });

  it('is shown cut when it is long', () => {
    expect(questionIn(`${'x'.repeat(500)} continue?`)).toMatch(/^…x{100,} continue\?$/);
  });
});
