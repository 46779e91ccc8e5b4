/**
 * Where the command was given. `npm run warden` changes to the folder of its package and tells where it came from; inside
 * of a run that is an old story, since runs inherit what npm told.
 */
export function startFolder(environment: NodeJS.ProcessEnv): string {
  const isFromNpm = environment['npm_lifecycle_event'] === 'warden' && environment['WARDEN_RUN_ID'] === undefined;
  return (isFromNpm ? environment['INIT_CWD'] : undefined) ?? process.cwd();
}
