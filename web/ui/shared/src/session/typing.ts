/** When a typing signal is sent. */
export interface TypingOptions {
  /** The shortest time between two "on" signals, in milliseconds. @default 3000 */
  everyMs?: number
  /** Silence after which "off" is sent, in milliseconds. @default 5000 */
  idleMs?: number
}

/** Turns key strokes into few typing signals: at once, then at most one in three seconds, then one "off". */
export class TypingThrottle {
  #on = false
  #last = -Infinity
  #idle: ReturnType<typeof setTimeout> | undefined
  readonly #emit: (on: boolean) => void
  readonly #everyMs: number
  readonly #idleMs: number

  constructor(emit: (on: boolean) => void, { everyMs = 3000, idleMs = 5000 }: TypingOptions = {}) {
    this.#emit = emit
    this.#everyMs = everyMs
    this.#idleMs = idleMs
  }

  /** Call on each key stroke. */
  stroke(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => this.stop(), this.#idleMs)
    if (Date.now() - this.#last < this.#everyMs) return
    this.#last = Date.now()
    this.#on = true
    this.#emit(true)
  }

  /** Call when the message is sent or the field left. */
  stop(): void {
    clearTimeout(this.#idle)
    this.#last = -Infinity
    if (!this.#on) return
    this.#on = false
    this.#emit(false)
  }
}
