import { describe, expect, it } from 'vitest';
import { criticalOperationOf, isGitProgram, mayHoldLock } from '../../../src/core/git-operation.ts';

const words = (line: string): string[] => line.split(' ');

describe('a git process that a kill would cut in two', () => {
  it.each([
    ['git commit -m x', 'commit'],
    ['/usr/bin/git commit', 'commit'],
    ['/usr/lib/git-core/git-commit', 'commit'],
    ['C:\\Git\\cmd\\git.exe push origin main', 'push'],
    ['git -C /somewhere -c user.name=a --git-dir=/x --work-tree /y commit --amend', 'commit'],
    ['git --no-pager -p --bare push', 'push'],
    ['git --config-env core.x=Y rebase -i', 'rebase'],
    ['git-receive-pack /somewhere.git', 'receive-pack'],
    ['git receive-pack /somewhere.git', 'receive-pack'],
    ['git pull', 'pull'],
    ['git merge topic', 'merge'],
    ['git gc --auto --quiet', 'gc'],
    ['git maintenance run --auto', 'maintenance'],
    ['git branch topic', 'branch'],
    ['git branch -d topic', 'branch'],
    ['git branch -r -d origin/topic', 'branch'],
    ['git branch -f topic HEAD', 'branch'],
    ['git branch --unset-upstream', 'branch'],
    ['git tag -a -m x v1', 'tag'],
    ['git stash', 'stash'],
    ['git stash -u', 'stash'],
    ['git stash pop', 'stash'],
    ['git worktree add ../x', 'worktree'],
    ['git cherry-pick abc', 'cherry-pick'],
    ['git checkout -- --help', 'checkout'],
    ['git am x.patch', 'am'],
    ['git update-ref refs/heads/x abc', 'update-ref'],
  ])('%s', (line, operation) => {
    expect(criticalOperationOf(words(line))).toBe(operation);
  });

  it.each([
    'git',
    'git status',
    'git log --oneline',
    'git diff commit',
    'git -C commit status',
    'git -c alias.x=commit status',
    'git fetch origin',
    'git --help commit',
    'git --version commit',
    'git commit --help',
    'git commit --dry-run',
    'git push --dry-run',
    'git branch',
    'git branch -a -vv',
    'git branch --list topic',
    'git branch --contains=abc',
    'git branch --show-current',
    'git tag',
    'git tag -l v*',
    'git stash list',
    'git worktree list --porcelain',
    'git-upload-pack /somewhere.git',
    'git-remote-https origin https://somewhere',
    'git pack-objects --all-progress-implied',
    'gitk commit',
    'vim commit',
    '-git commit',
  ])('%s is none', (line) => {
    expect(criticalOperationOf(words(line))).toBeNull();
  });

  it('is none without arguments', () => {
    expect(criticalOperationOf([])).toBeNull();
    expect(criticalOperationOf([''])).toBeNull();
  });
});

it('a program of git is told by its name, cut off or not', () => {
  const names = ['git', 'git-receive-pac', 'git-remote-http', 'Git.EXE', 'gitk', 'git2', 'legit', 'bash'];
  expect(names.filter(isGitProgram)).toEqual(['git', 'git-receive-pac', 'git-remote-http', 'Git.EXE']);
});

it('a lock is never that of a git which only reads', () => {
  expect(mayHoldLock(words('git add .'))).toBe(true);
  expect(mayHoldLock(words('git status'))).toBe(true);
  expect(mayHoldLock(words('something else'))).toBe(true);
  expect(mayHoldLock(words('git log'))).toBe(false);
  expect(mayHoldLock(words('git fsmonitor--daemon run'))).toBe(false);
  expect(mayHoldLock(words('git -C /x cat-file --batch'))).toBe(false);
});
