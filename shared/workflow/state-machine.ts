/** What the compiled workflow and the handler of its steps have to agree about. */

/** In place of a state: there is none to go to. */
export const NONE = 'none';

/** Names of errors. `passing` ones are tried again, as the definition says; after that, and at once for a `lasting` one, the workflow goes where the definition says. Any other error is a defect, and ends the run. */
export const STEP_ERRORS = { passing: 'PassingError', lasting: 'LastingError' } as const;

/** A state's name in a state machine that runs every version of the workflow. */
export function stateName(version: number, state: string): string {
  return `v${version} ${state}`;
}
