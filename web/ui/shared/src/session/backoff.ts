/** How the waits between attempts grow. */
export interface BackoffOptions {
  /** Ceiling of the first wait, in milliseconds. @default 100 */
  firstMs?: number
  /** Ceiling of every wait, in milliseconds. @default 10000 */
  maxMs?: number
  /** A random number in [0, 1). @default Math.random */
  random?: () => number
}

/**
 * The wait before attempt n (from 0), in milliseconds: anything from 0 to a
 * ceiling that doubles ("full jitter", AWS Architecture Blog, "Exponential
 * Backoff And Jitter"), so that a crowd that lost its server together does not
 * come back together. The spans are those of docs/protocol.md, "Coming back".
 */
export function backoff(attempt: number, { firstMs = 100, maxMs = 10_000, random = Math.random }: BackoffOptions = {}): number {
  return Math.round(Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30)) * random())
}
