import { describe, expect, it } from 'vitest';
import { progressIn, tellingPart } from '../../../src/core/progress.ts';

/** Whether the last of these printings was progress after the ones before it. */
function isProgress(...printings: string[]): boolean {
  let progress = progressIn([], '');
  for (const text of printings) progress = progressIn(progress.known, text);
  return progress.isNew;
}

describe('what is printed is progress', () => {
  it.each<[string, string[]]>([
    ['the first time', ['compiling\n']],
    ['when it is another line', ['compiling\n', 'linking\n']],
    ['when it counts', ['step 3 of 10\n', 'step 4 of 10\n']],
    ['when it is a percentage', ['\r41 %', '\r42 %']],
    ['when a spinner stands before something new', ['\r| reading a.ts', '\r/ reading b.ts']],
    ['in any language', ['編譯中\n', '連結中\n']],
  ])('%s', (_, printings) => {
    expect(isProgress(...printings)).toBe(true);
  });
});

describe('what is printed is no progress', () => {
  it.each<[string, string[]]>([
    ['when a spinner turns', ['\r| working', '\r/ working', '\r- working', '\r\\ working']],
    ['when a braille spinner turns', ['\r⠋ Thinking…', '\r⠙ Thinking…', '\r⠹ Thinking…']],
    ['when dots come and go', ['\rwaiting .', '\rwaiting ..', '\rwaiting ...']],
    ['when only the time of day changes', ['[13:05:59] polling\n', '[13:06:29] polling\n']],
    ['when only a date with a zone changes', ['2026-01-01T10:00:00.123Z alive\n', '2026-01-01T10:00:30.456Z alive\n']],
    ['when only a stopwatch changes', ['waiting (12s)\n', 'waiting (13 s)\n', 'waiting (1.5 min)\n']],
    ['when only the seconds since 1970 change', ['at 1767225600 ok\n', 'at 1767225630 ok\n']],
    ['when it is drawn anew in colour', ['\u001b[32mready\u001b[0m\n', '\u001b[2K\u001b[1Gready\n']],
    ['when the same lines come again and again', ['failed\nretrying\n', 'failed\nretrying\n']],
    ['when nothing is visible', ['\u001b]0;title\u0007\u001b[?25l', '\r\n\r\n   \n']],
  ])('%s', (_, printings) => {
    expect(isProgress(...printings)).toBe(false);
  });

  it('though it was cut in the middle of a long loop of lines', () => {
    const loop = Array.from({ length: 150 }, (_, index) => `case ${index}`).join('\n');
    expect(isProgress(loop, loop, loop)).toBe(false);
  });
});

describe('the telling part of a line', () => {
  it.each([
    ['/usr/bin/gcc -c main.c', '/usr/bin/gcc -c main.c'],
    ['3 files, 12 errors', '3 files, 12 errors'],
    ['12:30 tests passed in 4.2s', 'tests passed in'],
    ['- item', 'item'],
  ])('of %j is %j', (line, telling) => {
    expect(tellingPart(line)).toBe(telling);
  });
});
