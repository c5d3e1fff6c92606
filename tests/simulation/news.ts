import type { PaymentNews } from '../../shared/ports/payment-news.ts';
import type { Dice } from '../dice.ts';
import type { Scheduler } from './scheduler.ts';

/** News in the hands of a webhook that the provider has called. */
export interface HeldNews {
  readonly news: PaymentNews;
  /** It was answered with a 200. */
  done(): void;
  /** It was answered with something else, or not at all. */
  lost(): void;
}

interface Post {
  readonly news: PaymentNews;
  dueAt: number;
}

/** From at once, and so before the answer of the call that they are about, to long after everything is over. */
const LATE_MS = [0, 0, 0, 0, 5, 40, 300, 2_000, 20_000, 300_000, 7_200_000] as const;
/** How long the provider waits before it posts again what was not taken. */
const AGAIN_MS = [1_000, 60_000, 3_600_000] as const;

/** The provider's news: each is posted until it is taken, some twice, in any order. */
export function newsBoard({ scheduler, dice }: { readonly scheduler: Scheduler; readonly dice: Dice }) {
  const posts: Post[] = [];
  let told = 0;

  function held(post: Post): HeldNews {
    return {
      news: post.news,
      done: () => undefined,
      lost() {
        posts.push({ news: post.news, dueAt: scheduler.now() + dice.pick(AGAIN_MS) });
      },
    };
  }

  return {
    tell(type: string, reference: string, orderId: string): void {
      told += 1;
      const news = { eventId: `evt_${told}`, type, reference, orderId };
      const copies = scheduler.strikes('duplicate') ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) posts.push({ news, dueAt: scheduler.now() + dice.pick(LATE_MS) });
    },
    /** One that is due, by chance. */
    take(): HeldNews | undefined {
      const due = posts.filter(({ dueAt }) => dueAt <= scheduler.now());
      if (due.length === 0) return undefined;
      const post = dice.pick(due);
      posts.splice(posts.indexOf(post), 1);
      return held(post);
    },
    nextAt: (): number => Math.min(...posts.map(({ dueAt }) => dueAt)),
  };
}
