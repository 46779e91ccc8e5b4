/**
 * Whether text is painted: only on a terminal, whoever asks for more, since scripts inherit what was asked for by others.
 * `NO_COLOR` and `FORCE_COLOR=0` say no, any other `FORCE_COLOR` says yes, and otherwise `CLICOLOR=0` and `TERM=dumb` say no
 * (no-color.org, force-color.org, bixense.com/clicolors). What is empty says nothing.
 */
export function isColoured(environment: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  const { NO_COLOR: no = '', FORCE_COLOR: force = '', CLICOLOR: usual = '', TERM: terminal = '' } = environment;
  if (!isTerminal || no !== '') return false;
  if (force !== '') return force !== '0' && force !== 'false';
  return usual !== '0' && terminal !== 'dumb';
}
