/** The settings of all histories: the product's own defaults. */
export const TIMES = { approvalTimeoutMs: 86_400_000, confirmationTimeoutMs: 300_000 } as const;
export const NOTICE_MAX_AGE_MS = 86_400_000;
export const RETRY_BASE_MS = 2_000;
