import { describe, expect, it } from 'vitest';
import { controlGroupFolder } from '../../../src/processes/control-group.ts';

const mount = (root: string, point: string): string =>
  `24 1 0:22 / /proc rw - proc proc rw\n30 24 0:26 ${root} ${point} rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n`;

describe('the folder of a control group', () => {
  it.each([
    [
      'where it is mounted as usual',
      '0::/user.slice/a.scope\n',
      mount('/', '/sys/fs/cgroup'),
      '/sys/fs/cgroup/user.slice/a.scope',
    ],
    [
      'beside hierarchies of version 1',
      '12:pids:/p\n0::/a.scope\n',
      mount('/', '/sys/fs/cgroup/unified'),
      '/sys/fs/cgroup/unified/a.scope',
    ],
    ['where only a part is mounted', '0::/box/a.scope\n', mount('/box', '/sys/fs/cgroup'), '/sys/fs/cgroup/a.scope'],
    ['at a name with a blank', '0::/a.scope\n', mount('/', String.raw`/a\040b`), '/a b/a.scope'],
  ])('is found %s', (_, groups, mounts, folder) => {
    expect(controlGroupFolder(groups, mounts)).toBe(folder);
  });

  it.each([
    ['of version 1', '12:pids:/p\n', mount('/', '/sys/fs/cgroup')],
    ['that is not mounted', '0::/a.scope\n', '24 1 0:22 / /proc rw - proc proc rw\n'],
    ['outside of what is mounted', '0::/other/a.scope\n', mount('/box', '/sys/fs/cgroup')],
    ['outside of our namespace', '0::/../a.scope\n', mount('/', '/sys/fs/cgroup')],
  ])('is not known of one %s', (_, groups, mounts) => {
    expect(controlGroupFolder(groups, mounts)).toBeNull();
  });
});
