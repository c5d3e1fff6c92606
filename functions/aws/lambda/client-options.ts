/** Of all clients: whoever calls repeats, so a client does not; and a call that hangs must end before its function does. */
export const CLIENT_OPTIONS = {
  maxAttempts: 1,
  // Without the last one a time-out would only be a warning.
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
} as const;
