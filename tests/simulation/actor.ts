/** Somebody who runs code of the product: one run of a handler or a use case, which may be gone at any call. */
export interface Actor {
  readonly number: number;
  /** What it runs, for example `segment`; crash points are named by it. */
  readonly role: string;
  /** How far its machine's clock is off. */
  readonly skewMs: number;
  readonly bornAt: number;
  /** Answers a request of somebody: there are few of those, and they crash more often than the rest. */
  readonly answers: boolean;
  /** A step; until then it does not get on. */
  stalledUntil: number;
  alive: boolean;
  readonly onDeath: () => void;
}

/** One call of a port. */
export interface Call<T> {
  /** For example `OrderStore.save paid`. */
  readonly name: string;
  /** Whose order, payment or message. */
  readonly subject: string;
  /** Whether it changes something: then a crash before it and one after it are two things. */
  readonly commits: boolean;
  readonly act: () => Promise<T>;
}
