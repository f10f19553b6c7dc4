import type * as frame from '../gen/frames.ts'
import { uuid7 } from '../uuid7.ts'
import { backoff } from './backoff.ts'
import { Marks, type Reach } from './marks.ts'
import { Outbox, type KeyValue, type Outgoing } from './outbox.ts'
import { decode, openSocket, type Socket } from './socket.ts'
import { Timeline } from './timeline.ts'
import { TypingThrottle } from './typing.ts'

// A connection that ends in one of these ways, or falls silent, may do so over the message that it was handed.
const overMessage = [1002, 1003, 1008, 1011]
// What may mean that a page has been away, and its socket is dead.
const wakers = ['online', 'focus', 'pageshow', 'visibilitychange']
// The least wait after an end that says "not before", or "no", and a page that somebody looks at comes back late (docs/protocol.md, "Close codes").
const floors: Record<number, number> = { 1002: 60_000, 1003: 60_000, 1008: 60_000, 1009: 60_000, 1013: 1000 }
// How long a connection lasts before its end counts as a new trouble: one that says hello and hangs up is dialled ever more rarely.
const settledMs = 1000
// Shorter breaks are not shown.
const brokenMs = 1000
// Ends over one message after which it waits for the person.
const maxSilences = 3

/** Where the connection stands. "refused" means that the person has to sign in anew. */
export type ConnectionState = 'idle' | 'connecting' | 'online' | 'waiting' | 'refused'

/** What a session tells its listeners. */
export type Signal
  = | { type: 'state', state: ConnectionState }
  /** [Session.broken] has changed. */
    | { type: 'broken' }
  | { type: 'hello', hello: frame.ServerHello }
  | { type: 'event', event: frame.Event, live: boolean }
  | { type: 'resumed', conv: string }
  | { type: 'outbox', conv: string }
  | { type: 'typing', typing: frame.Typing }
  /** Somebody's watermark of a conversation has risen; [Session.reached] has the figures. */
  | { type: 'mark', conv: string, author?: frame.Author, read: number }
  | { type: 'queue', queue: frame.Queue }
  | { type: 'viewing', conv: string, agents: frame.Author[] }
  | { type: 'offer', offer: frame.Offer }
  | { type: 'offer_end', end: frame.OfferEnd }
  | { type: 'presence', presence: frame.Presence }
  | { type: 'moved', from: string, to: string }
  /** A conversation was deleted, or is no longer to be read; all that was known of it here is dropped already. */
  | { type: 'gone', conv: string, reason: 'erased' | 'expired' | 'missing' }
  | { type: 'epoch' }
  | { type: 'error', error: frame.Error }

/** What a message is, besides its text. */
export interface SendOptions {
  /** "text" or "note". @default text */
  type?: string
  button?: string
  suggestion?: string
  mentions?: string[]
  /** Agents: the last row they had seen when they began to write; 0 = no check. @default 0 */
  base?: number
}

/** What identifies the client in its hello. */
export interface Credentials { token?: string, csrf?: string }

export interface SessionOptions {
  /** ws(s) address of the socket. */
  url: string
  /** Called before each attempt; `refused` tells that the last ones were turned down. undefined ends the attempts. */
  credentials: (refused: boolean) => Promise<Credentials | undefined>
  /** Names the outbox: messages of one person on one device. */
  scope: string
  /** Where unacknowledged messages survive a reload. @default none */
  storage?: KeyValue
  /** Follow the state of every conversation in scope (agents). @default false */
  inbox?: boolean
  /** How long an acknowledgement may take before the socket counts as dead, in milliseconds. @default 10000 */
  ackTimeoutMs?: number
  /** A random number in [0, 1), for the jitter. @default Math.random */
  random?: () => number
  /** Opens the socket. @default openSocket */
  open?: (url: string) => Socket
  /** Where "online", "focus", "visibilitychange" and "storage" are heard. @default window, if there is one */
  page?: EventTarget
}

/**
 * A person's connection to the server: says hello, resumes each followed
 * conversation after its last row, keeps messages until they are stored, and
 * comes back by itself. It shows nothing and owns no framework.
 */
export class Session {
  state: ConnectionState = 'idle'
  /** True once the connection has been gone for a second: shorter breaks are no news to a person. */
  broken = false
  /** True while an agent is online who may take this visitor's conversation; as of the last hello. */
  agentsOnline = false
  /** Who the server takes this client for; as of the last hello. */
  self: frame.Author = {}
  readonly #options: Required<Pick<SessionOptions, 'ackTimeoutMs' | 'random' | 'open'>> & SessionOptions
  readonly #listeners = new Set<(signal: Signal) => void>()
  readonly #timelines = new Map<string, Timeline>()
  // By conversation, the row after which its events were asked for.
  readonly #resuming = new Map<string, number>()
  readonly #viewing = new Set<string>()
  readonly #marks = new Marks(mark => this.#post({ mark }))
  readonly #typing = new Map<string, TypingThrottle>()
  readonly #outbox: Outbox
  #socket: Socket | undefined
  #epoch = ''
  #attempt = 0
  // When the server said hello on this connection, in Unix milliseconds; 0 = not yet.
  #since = 0
  #generation = 0
  #refused = false
  #reconnect: ReturnType<typeof setTimeout> | undefined
  #breaking: ReturnType<typeof setTimeout> | undefined
  #ackTimer: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined
  #silenceMs = 50_000
  #viewer: ReturnType<typeof setInterval> | undefined
  // What a server that goes away asks for, in milliseconds; and when it did.
  #pause = { ms: 0, at: 0 }
  // By cid for messages, by "resume " and the conversation for refused resumes.
  readonly #retries = new Map<string, ReturnType<typeof setTimeout>>()
  // Refused for a while by this socket: what was written after them waits, so that nothing overtakes.
  readonly #slowed = new Set<string>()
  // Handed to this socket and not yet answered, in the order of sending.
  readonly #inFlight = new Set<string>()

  constructor(options: SessionOptions) {
    this.#options = { ackTimeoutMs: 10_000, random: Math.random, open: openSocket, ...options }
    this.#outbox = new Outbox(options.storage, options.scope)
  }

  /** Hears everything from now on; call the result to stop. */
  subscribe(listener: (signal: Signal) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    if (this.state !== 'idle' && this.state !== 'refused') return
    const page = this.#page()
    for (const name of wakers) page?.addEventListener(name, this.#wake)
    page?.addEventListener('storage', this.#stored)
    this.#refused = false
    void this.#connect()
  }

  stop(): void {
    const page = this.#page()
    for (const name of wakers) page?.removeEventListener(name, this.#wake)
    page?.removeEventListener('storage', this.#stored)
    this.#generation++
    clearTimeout(this.#reconnect)
    clearInterval(this.#viewer)
    this.#viewing.clear()
    this.#marks.stop()
    for (const timer of this.#retries.values()) clearTimeout(timer)
    this.#retries.clear()
    const socket = this.#socket
    this.#ended()
    this.#attempt = 0
    socket?.close(1000)
    this.#become('idle')
  }

  /** Ends and forgets everything of this person, the kept messages too: as signing out does. */
  forget(): void {
    this.stop()
    this.#timelines.clear()
    this.#marks.forget()
    for (const item of this.#outbox.all()) this.#outbox.remove(item.cid)
    this.#epoch = ''
  }

  /** Starts to follow a conversation, after the rows that `history` already holds. */
  follow(conv: string, history: readonly frame.Event[] = []): Timeline {
    let timeline = this.#timelines.get(conv)
    if (timeline) return timeline
    timeline = new Timeline()
    timeline.prepend(history)
    this.#timelines.set(conv, timeline)
    this.#marks.raise(conv, { delivered: timeline.lastSeq })
    this.#resume(conv)
    return timeline
  }

  /** Forgets a conversation; live events of it may still be heard by the inbox. */
  unfollow(conv: string): void {
    this.view(conv, false)
    this.#typing.get(conv)?.stop()
    this.#typing.delete(conv)
    this.#marks.release(conv, this.self)
    this.#timelines.delete(conv)
    this.#resuming.delete(conv)
  }

  timeline(conv: string): Timeline | undefined {
    return this.#timelines.get(conv)
  }

  /** The messages of a conversation that are not rows yet, oldest first. */
  pending(conv: string): Outgoing[] {
    return this.#underway(conv).filter(item => !item.edit)
  }

  /** The changes of own messages that are not rows yet, by the message's number; of several the last. */
  edits(conv: string): Map<number, Outgoing> {
    return new Map(this.#underway(conv).flatMap(item => item.edit ? [[item.edit.seq, item] as const] : []))
  }

  /** The messages of all other conversations that are not stored, oldest first. */
  strays(conv: string): Outgoing[] {
    return this.#outbox.all().filter(item => item.conv !== conv && item.seq === undefined && !item.edit)
  }

  /** Takes a message on its way and returns its cid at once. */
  send(conv: string, content: string, { type = 'text', button, suggestion, mentions, base }: SendOptions = {}): string {
    this.#typing.get(conv)?.stop()
    return this.#take({ conv, content, type, button, suggestion, mentions: mentions?.length ? mentions : undefined, base })
  }

  /** Changes the text of an own message. Like a message it is kept until it is stored. */
  edit(conv: string, seq: number, content: string): string {
    return this.#take({ conv, content, type: 'edit', edit: { seq, epoch: this.#epoch } })
  }

  /** Deletes an own message: its place stays. */
  remove(conv: string, seq: number): string {
    return this.#take({ conv, content: '', type: 'edit', edit: { seq, remove: true, epoch: this.#epoch } })
  }

  /** Sends a failed or waiting message again, with the same cid; `anyway` although a colleague was faster. */
  retry(cid: string, anyway = false): void {
    const item = this.#outbox.get(cid)
    if (!item || item.seq !== undefined) return
    this.#outbox.put({ ...item, failed: undefined, silences: undefined, ...anyway && { base: undefined } })
    if (this.state === 'online') this.#transmit(cid)
    else this.reconnectNow()
    this.#emit({ type: 'outbox', conv: item.conv })
  }

  /** Gives a failed message up; returns its text. */
  discard(cid: string): string | undefined {
    const item = this.#outbox.get(cid)
    if (!item) return undefined
    this.#outbox.remove(cid)
    this.#settled(cid)
    this.#emit({ type: 'outbox', conv: item.conv })
    return item.content
  }

  /** Call on each key stroke in the conversation's text field. */
  typed(conv: string): void {
    let throttle = this.#typing.get(conv)
    if (!throttle) this.#typing.set(conv, throttle = new TypingThrottle(on => this.#post({ typing: { conv, on } })))
    throttle.stroke()
  }

  /** Notes that the person has seen a conversation up to a row; heard as a mark of their own. @param seq defaults to the last row here */
  seen(conv: string, seq = this.#timelines.get(conv)?.lastSeq ?? 0): void {
    if (this.#marks.raise(conv, { read: seq })) this.#emit({ type: 'mark', conv, author: this.self, read: seq })
  }

  /** Up to which row the person has seen a conversation, here or on another device; 0 = not known here. */
  readUpTo(conv: string): number {
    return this.#marks.ownRead(conv, this.self)
  }

  /** Notes that rows have reached this client that it does not follow, as an inbox does for the agent's own conversations. */
  delivered(conv: string, seq: number): void {
    this.#marks.raise(conv, { delivered: seq })
  }

  /** How far the others of a kind ("visitor", "agent") have received and read a conversation. */
  reached(conv: string, kind: string): Reach {
    return this.#marks.reached(conv, kind, this.self.id)
  }

  /** Agents: tells the colleagues that the person has a conversation open, or no longer. */
  view(conv: string, on: boolean): void {
    if (this.#viewing.has(conv) === on) return
    if (on) this.#viewing.add(conv)
    else this.#viewing.delete(conv)
    this.#post({ viewing: { conv, ...(on && { on }) } })
    this.#repeatViewing()
  }

  /** Agents: answers a router's offer; false when there is no connection to do so. */
  answer(offer: string, accept: boolean): boolean {
    return this.#post({ answer: { offer, ...(accept && { accept }) } })
  }

  /** Agents: sets whether the router may send conversations; false when there is no connection to do so. */
  setPresence(presence: string, reason = ''): boolean {
    return this.#post({ presence: { presence, ...(reason && { reason }) } })
  }

  /** Tries again at once instead of waiting for the next attempt. */
  reconnectNow(): void {
    if (this.state !== 'waiting') return
    clearTimeout(this.#reconnect)
    void this.#connect()
  }

  #take(parts: Omit<Outgoing, 'cid' | 'at'>): string {
    const cid = uuid7()
    this.#outbox.put({ ...parts, cid, at: Date.now() })
    this.#transmit(cid) // before it is told: a listener may send the next
    this.#emit({ type: 'outbox', conv: parts.conv })
    return cid
  }

  // The server forgets who views what after 60 s without a word.
  #repeatViewing(): void {
    clearInterval(this.#viewer)
    if (this.#viewing.size === 0) return
    this.#viewer = setInterval(() => {
      for (const conv of this.#viewing) this.#post({ viewing: { conv, on: true } })
    }, 25_000)
  }

  #underway(conv: string): Outgoing[] {
    const timeline = this.#timelines.get(conv)
    const rows = new Set(timeline?.events.slice(-200).map(event => event.cid))
    return this.#outbox.of(conv).filter(item => !rows.has(item.cid) && !(item.edit && (item.seq ?? Infinity) <= (timeline?.lastSeq ?? 0)))
  }

  #page(): EventTarget | undefined {
    return this.#options.page ?? (typeof window === 'undefined' ? undefined : window)
  }

  // A page that comes back may hold a dead socket: if it is down, try at once;
  // if it seems up, a resume must be answered in time.
  readonly #wake = () => {
    if (typeof document !== 'undefined' && document.visibilityState === 'hidden') return
    if (this.state === 'waiting') {
      this.#attempt = 0
      this.reconnectNow()
    } else if (this.state === 'online') {
      this.#probe()
    }
  }

  // Another page of the same person has stored or given up a message.
  readonly #stored = (event: Event) => {
    const { key, newValue } = event as StorageEvent
    const conv = key && newValue === null ? this.#outbox.gone(key) : undefined
    if (conv === undefined) return
    for (const cid of this.#slowed) if (!this.#outbox.get(cid)) this.#settled(cid)
    this.#emit({ type: 'outbox', conv })
  }

  // Asks for what must be answered: pages see no pings, and a dead network says nothing.
  #probe(): void {
    const [conv] = this.#timelines.keys()
    if (conv && !this.#resuming.has(conv)) this.#resume(conv)
    this.#expectAnswer()
  }

  // Called at each sign of life; a long silence on a page that is looked at is a doubt.
  #alive(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      if (this.state !== 'online') return
      if (typeof document === 'undefined' || document.visibilityState !== 'hidden') this.#probe()
      this.#alive()
    }, this.#silenceMs)
  }

  async #connect(): Promise<void> {
    const generation = ++this.#generation
    this.#become('connecting')
    const credentials = await this.#options.credentials(this.#refused).catch(() => null)
    if (generation !== this.#generation) return
    if (credentials === undefined) return this.#become('refused')
    if (credentials === null) return this.#later()
    const socket = this.#options.open(this.#options.url)
    this.#socket = socket
    const mine = () => this.#socket === socket
    this.#expectAnswer()
    socket.onopen = () => {
      if (mine()) this.#post({ hello: { ...credentials, ...(this.#epoch && { log_epoch: this.#epoch }) } })
    }
    socket.onmessage = ({ data }) => {
      const message = decode(data)
      if (!mine()) return
      this.#alive()
      if (message) this.#receive(message)
    }
    socket.onclose = ({ code }) => {
      if (!mine()) return
      if (code === 4401) this.#refused = true
      if (code !== 1001 && code !== 1012 && code !== 1013) this.#pause.ms = 0
      // What the server found wrong is ours and will be so next time, unless it was one message and that waits now.
      const found = code === 1009 ? this.#blameLargest() : overMessage.includes(code) && this.#blameFirst()
      this.#later(found ? 0 : floors[code])
      if (code === 4403) this.#giveUp()
    }
  }

  #giveUp(): void {
    clearTimeout(this.#reconnect)
    this.#become('refused')
  }

  // What was asked on a socket is not answered on the next.
  #ended(): void {
    this.#socket = undefined
    clearTimeout(this.#ackTimer)
    clearTimeout(this.#silence)
    for (const key of [...this.#retries.keys()]) if (key.startsWith('resume ')) this.#forgetRetry(key)
    this.#resuming.clear()
    this.#inFlight.clear()
    this.#slowed.clear()
    if (this.#since && Date.now() - this.#since >= settledMs) this.#attempt = 0
    this.#since = 0
  }

  #later(floor = 0): void {
    this.#ended()
    this.#become('waiting')
    clearTimeout(this.#reconnect)
    const wait = backoff(this.#attempt++, { random: this.#options.random })
    const asked = this.#pause.ms > 0 ? this.#pause.at + this.#pause.ms - Date.now() : 0
    this.#pause.ms = 0
    this.#reconnect = setTimeout(() => void this.#connect(), Math.max(floor, asked) + wait)
  }

  #receive(message: frame.ServerFrame): void {
    if (message.hello) this.#hello(message.hello)
    else if (message.event) this.#event(message.event)
    else if (message.ack) this.#ack(message.ack)
    else if (message.resumed) this.#resumed(message.resumed)
    else if (message.typing) this.#emit({ type: 'typing', typing: message.typing })
    else if (message.mark) this.#mark(message.mark.conv ?? '', message.mark)
    else if (message.queue) this.#emit({ type: 'queue', queue: message.queue })
    else if (message.viewing) this.#emit({ type: 'viewing', conv: message.viewing.conv ?? '', agents: message.viewing.agents ?? [] })
    else if (message.offer) this.#emit({ type: 'offer', offer: message.offer })
    else if (message.offer_end) this.#emit({ type: 'offer_end', end: message.offer_end })
    else if (message.presence) this.#emit({ type: 'presence', presence: message.presence })
    else if (message.gone) this.#gone(message.gone.conv ?? '', message.gone.reason)
    else if (message.error) this.#error(message.error)
  }

  #hello(hello: frame.ServerHello): void {
    const epoch = hello.log_epoch ?? ''
    const changed = this.#epoch !== '' && this.#epoch !== epoch
    this.#epoch = epoch
    this.#since = Date.now()
    this.#refused = false
    this.agentsOnline = hello.agents_online ?? false
    this.self = hello.self ?? {}
    this.#silenceMs = 2000 * (hello.ping_s || 25)
    clearTimeout(this.#ackTimer)
    if (changed) {
      for (const timeline of this.#timelines.values()) timeline.clear()
      this.#marks.forget()
    }
    // What is owed goes out before anybody hears of the connection: a listener may send at once.
    this.state = 'online'
    this.#break(false)
    if (this.#options.inbox) this.#post({ resume: { inbox: true } })
    for (const conv of this.#timelines.keys()) this.#resume(conv)
    for (const conv of this.#viewing) this.#post({ viewing: { conv, on: true } })
    this.#marks.again()
    this.#outbox.adopt()
    for (const item of this.#outbox.unsent()) {
      // The row that it changes may be another one in a log that was restored.
      if (item.edit?.epoch && item.edit.epoch !== epoch) this.#fail(item.cid, 'stale')
      else this.#transmit(item.cid)
    }
    this.#alive()
    if (changed) this.#emit({ type: 'epoch' })
    this.#emit({ type: 'state', state: 'online' })
    this.#emit({ type: 'hello', hello })
  }

  #mark(conv: string, { author, delivered, read }: { author?: frame.Author, delivered?: number, read?: number }): void {
    if (this.#marks.heard(conv, author, { delivered, read })) this.#emit({ type: 'mark', conv, author, read: read ?? 0 })
  }

  #event(event: frame.Event): void {
    const conv = event.conv ?? ''
    const timeline = this.#timelines.get(conv)
    if (timeline) {
      const known = timeline.lastSeq
      const verdict = timeline.apply(event)
      if (verdict === 'duplicate') return
      if (verdict === 'hole') return this.#resume(conv)
      this.#marks.raise(conv, { delivered: timeline.lastSeq })
      for (const row of timeline.events.slice(-(timeline.lastSeq - known))) this.#deliver(row)
    } else {
      this.#deliver(event)
    }
  }

  #deliver(event: frame.Event): void {
    if (event.cid) this.#inFlight.delete(event.cid)
    if (event.cid && this.#outbox.remove(event.cid)) this.#emit({ type: 'outbox', conv: event.conv ?? '' })
    if (event.cid) this.#settled(event.cid)
    this.#emit({ type: 'event', event, live: !this.#resuming.has(event.conv ?? '') })
  }

  #ack(ack: frame.Ack): void {
    const cid = ack.cid ?? ''
    this.#inFlight.delete(cid)
    const item = this.#outbox.get(cid)
    if (!item) return
    const to = ack.moved_to || item.conv
    if (this.#timelines.get(to)?.events.some(event => event.cid === cid)) this.#outbox.remove(cid)
    else this.#outbox.acked(cid, ack)
    if (this.#inFlight.size === 0) clearTimeout(this.#ackTimer)
    this.#settled(cid)
    if (to !== item.conv) this.#emit({ type: 'moved', from: item.conv, to })
    this.#emit({ type: 'outbox', conv: to })
  }

  // A message that was slowed down has come to its end: the next may go.
  #settled(cid: string): void {
    if (!this.#slowed.delete(cid)) return
    for (const item of this.#outbox.unsent()) if (!this.#inFlight.has(item.cid) && !this.#retries.has(item.cid)) this.#transmit(item.cid)
  }

  #held(item: Outgoing): boolean {
    return [...this.#slowed].some(cid => cid < item.cid && this.#outbox.get(cid)?.conv === item.conv)
  }

  #resumed({ conv = '', last_seq: lastSeq = 0, inbox, marks }: frame.Resumed): void {
    if (inbox && !conv) return
    const after = this.#resuming.get(conv) ?? 0
    this.#resuming.delete(conv)
    if (this.#inFlight.size === 0) clearTimeout(this.#ackTimer)
    const timeline = this.#timelines.get(conv)
    if (timeline && lastSeq < after) {
      // The log was restored from before what is here.
      timeline.clear()
      this.#marks.forget(conv)
      this.#emit({ type: 'epoch' })
      return this.#resume(conv)
    }
    if (timeline && timeline.lastSeq < lastSeq) return this.#resume(conv)
    for (const mark of marks ?? []) this.#mark(conv, mark)
    this.#emit({ type: 'resumed', conv })
  }

  #error(error: frame.Error): void {
    this.#emit({ type: 'error', error })
    if (error.code === 'unauthenticated') {
      this.#refused = true
      this.#drop()
      return
    }
    if (error.offer) return
    if (!error.cid) {
      if (!error.conv && error.retry_after_ms) this.#pause = { ms: error.retry_after_ms, at: Date.now() }
      // Frames are answered in order: what cannot be read is the oldest that is unanswered.
      if (error.code === 'bad_frame' && !error.conv) this.#fail([...this.#inFlight][0], 'bad_frame')
      else this.#resumeRefused(error)
      return
    }
    this.#inFlight.delete(error.cid)
    const item = this.#outbox.get(error.cid)
    if (!item || item.seq !== undefined) return
    if (error.retry_after_ms) {
      this.#slowed.add(item.cid)
      clearTimeout(this.#retries.get(item.cid))
      this.#retries.set(item.cid, setTimeout(() => this.#transmit(item.cid), error.retry_after_ms))
    } else {
      this.#fail(item.cid, error.code || 'internal')
    }
  }

  // An agent's unsent words are about the person and go too; a visitor's own wait for another conversation.
  #gone(conv: string, reason = 'missing'): void {
    this.unfollow(conv)
    this.#marks.forget(conv)
    if (this.#options.inbox) for (const { cid } of this.#outbox.of(conv)) this.discard(cid)
    this.#emit({ type: 'gone', conv, reason: reason === 'erased' || reason === 'expired' ? reason : 'missing' })
  }

  #resumeRefused({ conv = '', code, retry_after_ms: pause }: frame.Error): void {
    const asked = conv ? this.#resuming.delete(conv) : this.#options.inbox
    if (asked && conv && code === 'not_found' && this.#timelines.has(conv)) return this.#gone(conv)
    if (!asked || !pause || this.state !== 'online') return
    const key = `resume ${conv}`
    this.#forgetRetry(key)
    this.#retries.set(key, setTimeout(() => {
      this.#retries.delete(key)
      if (!conv) this.#post({ resume: { inbox: true } })
      else if (this.#timelines.has(conv)) this.#resume(conv)
    }, pause))
  }

  #forgetRetry(key: string): void {
    clearTimeout(this.#retries.get(key))
    this.#retries.delete(key)
  }

  // Stops a message until the person retries it; tells whether there was one.
  #fail(cid: string | undefined, code: string): boolean {
    const item = cid === undefined ? undefined : this.#outbox.get(cid)
    if (!item || item.seq !== undefined) return false
    this.#inFlight.delete(item.cid)
    this.#outbox.put({ ...item, failed: code })
    this.#settled(item.cid)
    this.#emit({ type: 'outbox', conv: item.conv })
    return true
  }

  // Of the frames on their way, the largest is surely one that was too large.
  #blameLargest(): boolean {
    const items = [...this.#inFlight].flatMap(cid => this.#outbox.get(cid) ?? [])
    return this.#fail(items.sort((a, b) => b.content.length - a.content.length)[0]?.cid, 'too_large')
  }

  // The oldest message on its way holds up all others; after a few times it is the one at fault.
  #blameFirst(): boolean {
    const [cid = ''] = this.#inFlight
    const item = this.#outbox.get(cid)
    if (!item || item.seq !== undefined) return false
    const silences = (item.silences ?? 0) + 1
    this.#outbox.put({ ...item, silences })
    return silences >= maxSilences && this.#fail(cid, 'unavailable')
  }

  #resume(conv: string): void {
    if (this.state !== 'online' || this.#resuming.has(conv)) return
    const after = this.#timelines.get(conv)?.lastSeq ?? 0
    this.#resuming.set(conv, after)
    this.#post({ resume: { conv, after_seq: after } })
  }

  #transmit(cid: string): void {
    this.#forgetRetry(cid)
    const item = this.#outbox.get(cid)
    if (this.state !== 'online' || !item || item.failed || item.seq !== undefined || this.#held(item)) return
    const { conv, content, type, button, suggestion, mentions, base, edit } = item
    this.#inFlight.delete(cid)
    this.#inFlight.add(cid)
    if (edit) this.#post({ edit: { conv, cid, seq: edit.seq, ...(edit.remove ? { remove: true } : { content }) } })
    else this.#post({ send: { conv, cid, content, type, ...(button && { button }), ...(suggestion && { suggestion }), ...(mentions && { mentions }), ...(base && { base_seq: base }) } })
    this.#expectAnswer()
  }

  // One timer for all: whatever was asked must be answered within it, or the socket is dead.
  #expectAnswer(): void {
    clearTimeout(this.#ackTimer)
    this.#ackTimer = setTimeout(() => {
      const asked = this.state === 'connecting' || this.#resuming.size > 0 || this.#inFlight.size > 0
      if (!asked) return
      this.#blameFirst()
      this.#drop()
    }, this.#options.ackTimeoutMs)
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    socket?.close(4000, 'no answer')
    this.#later()
  }

  #post(message: frame.ClientFrame): boolean {
    if (this.#socket?.readyState !== 1) return false
    this.#socket.send(JSON.stringify(message))
    return true
  }

  #become(state: ConnectionState): void {
    if (this.state === state) return
    this.state = state
    if (state === 'waiting') this.#breaking ??= setTimeout(() => this.#break(true), brokenMs)
    else if (state !== 'connecting') this.#break(false)
    this.#emit({ type: 'state', state })
  }

  #break(broken: boolean): void {
    clearTimeout(this.#breaking)
    if (!broken) this.#breaking = undefined
    if (this.broken === broken) return
    this.broken = broken
    this.#emit({ type: 'broken' })
  }

  #emit(signal: Signal): void {
    for (const listener of [...this.#listeners]) listener(signal)
  }
}
