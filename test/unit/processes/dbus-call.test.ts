import { expect, it } from 'vitest';
import { marshalled } from '../../../src/processes/dbus-call.ts';

// That a real manager takes it is tried in test/integration/supervisor/scope.test.ts.
it('a call is its header, each field at a multiple of 8, and its parameters, byte for byte', () => {
  const message = marshalled({
    destination: 'd.e',
    path: '/p',
    interface: 'i.f',
    member: 'M',
    parameters: [
      { type: 's', value: 'é' },
      { type: 'a(sv)', value: [['PIDs', { type: 'au', value: [258] }]] },
    ],
  });
  const expected = [
    '6c 01 00 01 28000000 01000000 4c000000',
    '01 016f00 02000000 2f7000 0000000000',
    '02 017300 03000000 692e6600 00000000',
    '03 017300 01000000 4d00 000000000000',
    '06 017300 03000000 642e6500 00000000',
    '08 016700 06 736128737629 00 00000000',
    '02000000 c3a900 00',
    '18000000 00000000',
    '04000000 50494473 00 02 6175 00 000000 04000000 02010000',
  ];
  expect(message.toString('hex')).toBe(expected.join('').replaceAll(' ', ''));
});
