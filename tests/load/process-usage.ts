// Loaded into a server under load, before its own code, to answer how much it takes. It is asked by messages, so that what the
// server serves stays as it is.

export interface ProcessUsage {
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** Processor time of all its threads since its start. */
  readonly cpuMs: number;
  /** How long its event loop was busy since its start. */
  readonly loopBusyMs: number;
}

export function processUsage(): ProcessUsage {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const { active } = performance.eventLoopUtilization();
  return { rssBytes: rss, heapBytes: heapUsed, cpuMs: (user + system) / 1_000, loopBusyMs: active };
}

/** What `--import` of this file does; a test runner has such a channel, too, and is left alone. */
if (process.channel && process.execArgv.some((flag) => flag.endsWith('process-usage.ts'))) {
  process.on('message', () => process.send?.(processUsage()));
  // Whoever started this is gone, however it ended: nobody else will stop it.
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
