import type * as frame from '../gen/frames.ts'
import { amended, targetOf } from './amend.ts'

/** What became of an event that was handed to a timeline. */
export type Verdict = 'delivered' | 'duplicate' | 'hole'

/**
 * One conversation's log as this client has it: gapless between its first and
 * last row. The next number is delivered, an older one dropped; after a hole
 * the event waits until the rows before it have come. A row that tells of an
 * edit or a deletion also changes the row it speaks of.
 */
export class Timeline {
  /** The rows, ascending and gapless. Replaced, never changed in place. */
  events: readonly frame.Event[] = []
  /** The number of the last row that is here; 0 if none. */
  lastSeq = 0
  // Rows that came before their predecessors. Bounded: beyond it the resume brings them again.
  readonly #ahead = new Map<number, frame.Event>()

  /** Takes one event and tells what became of it. */
  apply(event: frame.Event): Verdict {
    const seq = event.seq ?? 0
    if (seq <= this.lastSeq) return 'duplicate'
    if (seq > this.lastSeq + 1) {
      if (this.#ahead.size < 256) this.#ahead.set(seq, event)
      return 'hole'
    }
    const fresh = [event]
    for (let next = seq + 1; this.#ahead.has(next); next++) {
      fresh.push(this.#ahead.get(next)!)
      this.#ahead.delete(next)
    }
    this.events = amend([...this.events, ...fresh], fresh)
    this.lastSeq = fresh.at(-1)!.seq!
    for (const old of this.#ahead.keys()) if (old <= this.lastSeq) this.#ahead.delete(old)
    return 'delivered'
  }

  /** Puts a page of history, read elsewhere, in place of or before what is here. */
  prepend(page: readonly frame.Event[]): void {
    const first = this.events[0]?.seq ?? Infinity
    const older = page.filter(event => (event.seq ?? 0) < first)
    // The page may have been read before a change that has come since.
    this.events = amend([...older, ...this.events], this.events.length > 0 ? this.events : older)
    this.lastSeq = Math.max(this.lastSeq, older.at(-1)?.seq ?? 0)
  }

  /** The number before the first row here; history up to it can still be loaded. */
  get before(): number {
    return (this.events[0]?.seq ?? 1) - 1
  }

  /** Forgets everything, as after a change of the log's epoch. */
  clear(): void {
    this.events = []
    this.lastSeq = 0
    this.#ahead.clear()
  }
}

// Carries the changes that `changes` tell of out on the gapless rows.
function amend(rows: frame.Event[], changes: readonly frame.Event[]): frame.Event[] {
  const first = rows[0]?.seq ?? 1
  for (const change of changes) {
    const target = targetOf(change)
    const at = target === undefined ? -1 : target - first
    if (rows[at] && rows[at].seq === target) rows[at] = amended(rows[at], change)
  }
  return rows
}
