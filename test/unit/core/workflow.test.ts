import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argvOf } from '../../../src/core/workflow.ts';

describe('the arguments of a run', () => {
  it('hold the message wherever the workflow names it, and nowhere else', () => {
    expect(argvOf(['agent', '-p', '${message}', '--title=${message}/${message}', '${other}'], 'go')).toEqual([
      'agent',
      '-p',
      'go',
      '--title=go/go',
      '${other}',
    ]);
  });

  it('never let a message choose the program', () => {
    expect(argvOf(['${message}'], 'rm')).toEqual(['${message}']);
  });

  it.each(['$& $1 $$ $`', '${message}', '; rm -rf / # "\' `id` $(id) \n', '--force', ''])(
    'hold %j as it is, in one argument',
    (message) => {
      expect(argvOf(['agent', '<${message}>'], message)).toEqual(['agent', `<${message}>`]);
    },
  );

  it('are as many as the workflow has, whatever the message', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        expect(argvOf(['agent', '-p', '${message}'], message)).toEqual(['agent', '-p', message]);
      }),
    );
  });

  it('reach a real program as they are', () => {
    const message = '$& "double" \'single\' `id` $(id) ; | > * ~ \\ \n end';
    const [program, ...rest] = argvOf([process.execPath, '-e', 'console.log(process.argv[1])', '${message}'], message);
    expect(execFileSync(program, rest, { encoding: 'utf8' })).toBe(`${message}\n`);
  });
});
