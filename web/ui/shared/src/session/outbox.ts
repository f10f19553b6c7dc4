import type * as frame from '../gen/frames.ts'

/** The longest message, in Unicode code points (docs/protocol.md, "send"). */
export const maxContent = 10_000

/** A message that the server has not yet acknowledged. */
export interface Outgoing {
  cid: string
  conv: string
  content: string
  /** "text" or "note". */
  type: string
  button?: string
  /** Agents: the suggested reply that the message was made of. */
  suggestion?: string
  /** Agents, notes: the ids of the colleagues it speaks to. */
  mentions?: string[]
  /** Agents: the last row they had seen when they began to write; a colleague's newer reply stops the message. */
  base?: number
  /** A change of the own message `seq` instead of a new one; it belongs to the log of this epoch only. */
  edit?: { seq: number, remove?: boolean, epoch: string }
  /** When the person sent it, in Unix milliseconds. */
  at: number
  /** The error code that stopped it; such a message waits for the person's Retry. */
  failed?: string
  /** How often a connection ended, or stayed silent, over this message. */
  silences?: number
  /** Set once stored: the row's number, until the row itself arrives. */
  seq?: number
}

// A lone surrogate has no UTF-8 and an overlong frame ends the connection: the
// server could name neither message, and it would be sent again for ever.
function sendable(item: Outgoing): Outgoing {
  const content = item.content.replace(/\p{Surrogate}/gu, '\uFFFD')
  return { ...item, content, ...([...content].length > maxContent && { failed: 'too_large' }) }
}

/** The part of localStorage that is needed. */
export type KeyValue = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

/**
 * Messages on their way. Each has a storage key of its own, so that two tabs
 * never overwrite each other's, and survives a reload with the same cid.
 * A storage that refuses (full, forbidden) costs only the survival.
 */
export class Outbox {
  readonly #items = new Map<string, Outgoing>()
  readonly #prefix: string
  readonly #storage: KeyValue | undefined

  constructor(storage: KeyValue | undefined, scope: string) {
    this.#storage = storage
    this.#prefix = `frontdesk.outbox.${scope}.`
    for (const item of this.#stored()) this.#items.set(item.cid, sendable(item))
  }

  /** All messages of a conversation, oldest first. */
  of(conv: string): Outgoing[] {
    return this.all().filter(item => item.conv === conv)
  }

  /** All messages, oldest first; a UUIDv7 sorts by time. */
  all(): Outgoing[] {
    return [...this.#items.values()].sort((a, b) => a.cid < b.cid ? -1 : 1)
  }

  /** The messages to hand to the server now. */
  unsent(): Outgoing[] {
    return this.all().filter(item => item.seq === undefined && item.failed === undefined)
  }

  get(cid: string): Outgoing | undefined {
    return this.#items.get(cid)
  }

  /** Takes over what another page of the person left in the storage; tells whether there was any. */
  adopt(): boolean {
    const found = this.#stored().filter(item => !this.#items.has(item.cid))
    for (const item of found) this.#items.set(item.cid, sendable(item))
    return found.length > 0
  }

  /** Another page removed a message from the storage: it was stored or given up there. Answers its conversation. */
  gone(key: string): string | undefined {
    const cid = key.startsWith(this.#prefix) ? key.slice(this.#prefix.length) : ''
    const item = this.#items.get(cid)
    if (!item || item.seq !== undefined) return undefined
    this.#items.delete(cid)
    return item.conv
  }

  /** Adds or replaces a message. One that no server would take is marked as failed at once. */
  put(given: Outgoing): void {
    const item = sendable(given)
    this.#items.set(item.cid, item)
    this.#write(item)
  }

  /** Notes that the server has stored it; it is no longer written to the storage. */
  acked(cid: string, ack: frame.Ack): void {
    const item = this.#items.get(cid)
    if (!item) return
    this.#items.set(cid, { ...item, seq: ack.seq, conv: ack.moved_to || item.conv, failed: undefined })
    this.#erase(cid)
  }

  remove(cid: string): boolean {
    this.#erase(cid)
    return this.#items.delete(cid)
  }

  #stored(): Outgoing[] {
    const found: Outgoing[] = []
    try {
      for (let i = 0; i < (this.#storage?.length ?? 0); i++) {
        const key = this.#storage!.key(i)!
        if (!key.startsWith(this.#prefix)) continue
        const item = JSON.parse(this.#storage!.getItem(key) ?? 'null') as Outgoing | null
        if (item?.cid && key === this.#prefix + item.cid) found.push(item) // not "visitor.shop" for "visitor"
      }
    } catch { /* an unreadable storage holds nothing for us */ }
    return found
  }

  #write(item: Outgoing): void {
    try {
      this.#storage?.setItem(this.#prefix + item.cid, JSON.stringify(item))
    } catch { /* full or forbidden: the message lives as long as the page */ }
  }

  #erase(cid: string): void {
    try {
      this.#storage?.removeItem(this.#prefix + cid)
    } catch { /* see #write */ }
  }
}
