import type * as frame from '../gen/frames.ts'

/** The part of WebSocket that is needed; tests put a fake in its place. */
export interface Socket {
  onopen: (() => void) | null
  onclose: ((event: { code: number, reason: string }) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onerror: (() => void) | null
  readonly readyState: number
  send(data: string): void
  close(code?: number, reason?: string): void
}

/** The subprotocol: ProtoJSON in text messages. */
export const subprotocol = 'frontdesk.v1.json'

/** Opens a browser's WebSocket. */
export function openSocket(url: string): Socket {
  return new WebSocket(url, [subprotocol]) as unknown as Socket
}

/** Makes the ws(s) address of a path on the page's own origin. */
export function socketURL(path: string, base: string = location.href): string {
  const url = new URL(path, base)
  url.protocol = url.protocol.replace('http', 'ws')
  return url.href
}

/** Reads one message; undefined if it is no frame. Unknown frames come back as they are and are passed over. */
export function decode(data: unknown): frame.ServerFrame | undefined {
  if (typeof data !== 'string') return undefined
  try {
    const value: unknown = JSON.parse(data)
    return value !== null && typeof value === 'object' ? value : undefined
  } catch {
    return undefined
  }
}
