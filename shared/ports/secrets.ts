/** Secrets by name. Who asks gets the value and uses it at once; nobody keeps, logs or passes one on. */
export interface Secrets {
  /**
   * The value, which may be some minutes old. Fails with `not-found` for a name without a value, with `permission-denied` where
   * this process may not read it, and with a retryable code where the store cannot be reached. Nothing here retries.
   */
  get(name: string): Promise<string>;
  /**
   * The value as the store has it now, for one that was refused: after a rotation somebody else may hold the old one. Called
   * again within seconds it may answer without asking, so that a wrong secret does not become a storm of look-ups.
   */
  refresh(name: string): Promise<string>;
}
