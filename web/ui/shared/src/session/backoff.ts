/** How the waits between attempts grow. */
export interface BackoffOptions {
  /** Ceiling of the first wait, in milliseconds. @default 500 */
  firstMs?: number
  /** Ceiling of every wait, in milliseconds. @default 20000 */
  maxMs?: number
  /** A random number in [0, 1). @default Math.random */
  random?: () => number
}

/**
 * The wait before attempt n (from 0), in milliseconds: exponential with "full
 * jitter" (AWS Architecture Blog, "Exponential Backoff And Jitter"), but at
 * least a tenth of its ceiling, so that a crowd that lost its server together
 * does not come back together.
 */
export function backoff(attempt: number, { firstMs = 500, maxMs = 20_000, random = Math.random }: BackoffOptions = {}): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30))
  return Math.round(ceiling * (0.1 + 0.9 * random()))
}
