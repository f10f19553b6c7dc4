import type * as frame from '../src/gen/frames.ts'
import type { Socket } from '../src/session/socket.ts'

/** A socket whose server is the test. */
export class FakeSocket implements Socket {
  onopen: (() => void) | null = null
  onclose: ((event: { code: number, reason: string }) => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onerror: (() => void) | null = null
  readyState = 0
  readonly sent: frame.ClientFrame[] = []

  send(data: string): void {
    this.sent.push(JSON.parse(data) as frame.ClientFrame)
  }

  close(code = 1000): void {
    if (this.readyState === 3) return
    this.readyState = 3
    this.onclose?.({ code, reason: '' })
  }

  /** The server accepts and answers the hello. */
  accept(hello: frame.ServerHello = { log_epoch: 'e1', conv: 'c1' }): void {
    this.readyState = 1
    this.onopen?.()
    this.receive({ hello })
  }

  receive(message: frame.ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  event(seq: number, more: frame.Event = {}): void {
    this.receive({ event: { conv: 'c1', seq, kind: 'message', content: `row ${seq}`, author: { kind: 'bot' }, time: '2026-01-01T00:00:00Z', ...more } })
  }

  resumed(lastSeq: number): void {
    this.receive({ resumed: { conv: 'c1', last_seq: lastSeq } })
  }

  /** What was sent of one kind, in order. */
  of<K extends keyof frame.ClientFrame>(kind: K): NonNullable<frame.ClientFrame[K]>[] {
    return this.sent.flatMap(message => message[kind] ? [message[kind]] : [])
  }
}

/** A storage that lives in memory. */
export class FakeStorage {
  readonly map = new Map<string, string>()
  get length() { return this.map.size }
  getItem(key: string) { return this.map.get(key) ?? null }
  setItem(key: string, value: string) { this.map.set(key, value) }
  removeItem(key: string) { this.map.delete(key) }
  key(index: number) { return [...this.map.keys()][index] ?? null }
}
