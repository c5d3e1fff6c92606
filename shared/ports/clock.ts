/** Time, so that tests can own it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after `ms` milliseconds of this clock's time. */
  sleep(ms: number): Promise<void>;
  /**
   * The result of `work`, or a `deadline-exceeded` PortError for `operation` once `ms` milliseconds have gone by. The work
   * itself goes on, and may still take effect.
   */
  within<T>(ms: number, operation: string, work: Promise<T>): Promise<T>;
}
