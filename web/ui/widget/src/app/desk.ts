import { ApiClient, ApiError } from '@frontdesk/shared/api/client'
import type { Author, Event, IdentifiedSession, Owner, QueuePosition, Status, VisitorSession, VisitorState } from '@frontdesk/shared/api/types'
import { type Locale, pickLocale } from '@frontdesk/shared/locale'
import { isDeleted } from '@frontdesk/shared/session/amend'
import type { Outgoing } from '@frontdesk/shared/session/outbox'
import { type Signal, Session } from '@frontdesk/shared/session/session'
import { socketURL } from '@frontdesk/shared/session/socket'
import { uuid7 } from '@frontdesk/shared/uuid7'
import { recall, remember, storage } from './store.ts'

export interface DeskOptions {
  site: string
  locale: Locale
  page: string
  /** The page's title, and where the visitor came from. */
  title?: string
  referrer?: string
  /** Hears whether the site's token was taken, or ended: "identified", "refused", "anonymous". */
  onIdentity?: (state: IdentityState) => void
  /** Hears the number of messages the visitor has not seen. */
  onUnread: (count: number) => void
  /** Hears once that the visitor has written. */
  onActive: () => void
}

export type IdentityState = 'identified' | 'refused' | 'anonymous'

// How long ago a message may have been written that is sent again by itself after its conversation was deleted, in milliseconds.
const carryMs = 10 * 60_000

/** The visitor's side of the conversation: everything the pages show, nothing of how. */
export class Desk {
  conv = ''
  status: Status = 'open'
  owner: Owner = 'bot'
  assignee: Author | undefined
  agentsOnline = true
  email = ''
  siteName = ''
  queue: QueuePosition | undefined
  /** Who is writing right now, besides the visitor. */
  typing: Author | undefined
  loaded = false
  /** The conversation that stood here was deleted; until the visitor writes again. */
  lost = false
  locale: Locale
  shown = false
  readonly #options: DeskOptions
  readonly #votes = new Map<number, boolean>()
  #epoch = ''
  readonly #listeners = new Set<() => void>()
  readonly #api = new ApiClient({ headers: () => this.#token ? { Authorization: `Bearer ${this.#token}` } : {} as Record<string, string> })
  /** Another number, another person: the fields begin anew. */
  person = 0
  #token: string | undefined
  // The token was kept by a page that named no site; perhaps another one's.
  #borrowed = false
  #proof: string | undefined
  // Whom the site vouched for last on this device: what another wrote is not theirs to see.
  #who: string | undefined
  #attributes: Record<string, unknown> = {}
  #page: string
  #title: string
  // When a message is sent again that came too fast, by its cid, in Unix milliseconds.
  readonly #later = new Map<string, number>()
  #laterTimer: ReturnType<typeof setInterval> | undefined
  #session: Session | undefined
  #typingTimer: ReturnType<typeof setTimeout> | undefined
  #queueTimer: ReturnType<typeof setTimeout> | undefined
  // Up to which row of which conversation this device's person has seen.
  #read: Read
  #scheduled = false
  #carrying = false

  constructor(options: DeskOptions) {
    this.#options = options
    this.locale = options.locale
    this.#page = options.page
    this.#title = options.title ?? ''
    this.#token = recall(this.#key('token'))
    if (this.#token === undefined && options.site) this.#borrowed = !!(this.#token = recall('frontdesk.token'))
    this.#who = recall(this.#key('who'))
    this.#read = recallRead(this.#key('read'))
  }

  // The sites of one server share its storage in a browser; each has its own visitor, and nothing of one is another's.
  #own(name: string): string { return this.#options.site ? `${name}.${this.#options.site}` : name }
  #key(name: string): string { return `frontdesk.${this.#own(name)}` }

  /** What was typed and not sent; it survives a reload. */
  get draft(): string { return recall(this.#key('draft')) ?? '' }
  set draft(text: string) { remember(this.#key('draft'), text || undefined) }

  /** Connects; the first call starts the conversation. */
  start(): void {
    if (this.#session) return
    this.#session = new Session({
      url: socketURL('/ws/visitor'),
      scope: this.#own('visitor'),
      storage: storage(),
      credentials: refused => this.#credentials(refused),
    })
    this.#session.subscribe(signal => this.#hear(signal))
    this.#session.start()
    document.addEventListener('visibilitychange', () => this.#countUnread())
    // What another tab has shown is read here too.
    addEventListener('storage', (event) => {
      if (event.key === this.#key('read')) this.#countUnread()
      else if (event.key === this.#key('token')) this.#otherTab(event.newValue || undefined)
    })
  }

  /** Becomes the customer whom a token of the site names; what was written before goes along. */
  identify(proof: string): void {
    this.#proof = proof
    if (this.#session || this.#token) void this.#identify().catch(() => undefined)
  }

  /** Forgets the person and all they wrote on this device. */
  logout(): void {
    this.#proof = undefined
    this.#attributes = {}
    this.lost = false
    this.#leave()
    this.#options.onIdentity?.('anonymous')
  }

  /** What the page says of its visitor, without proof. */
  describe(attributes: Record<string, unknown>): void {
    this.#attributes = { ...this.#attributes, ...attributes }
    void this.#arrive()
  }

  /** The visitor is on another page. */
  visit(page: string, title = ''): void {
    if (page === this.#page && title === this.#title) return
    this.#page = page
    this.#title = title
    void this.#arrive()
  }

  /** In how many seconds a message that came too fast is sent again; 0 if it is not waiting. */
  secondsTo(cid: string): number {
    return Math.max(0, Math.ceil(((this.#later.get(cid) ?? 0) - Date.now()) / 1000))
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Whom the site vouched for last; '' = nobody. Who signs in or out is given other links than before. */
  get who(): string { return this.#who ?? '' }
  get connection() { return this.#session?.state ?? 'idle' }
  /** True while the connection is gone, from its second second on. */
  get broken() { return this.#session?.broken ?? false }
  get events(): readonly Event[] { return this.#session?.timeline(this.conv)?.events ?? [] }

  /** Messages that are not stored yet: this conversation's, and those of one that is no longer ours. */
  get pending(): Outgoing[] { return this.#session ? [...this.#session.strays(this.conv), ...this.#session.pending(this.conv)] : [] }

  /** Deletions on their way, by the message's number. */
  get edits(): ReadonlyMap<number, Outgoing> { return this.#session?.edits(this.conv) ?? new Map<number, Outgoing>() }

  /** How far an own message has come; the bot reads at once and leaves no mark. */
  stateOf(seq: number): 'sent' | 'delivered' | 'read' {
    const { delivered = 0, read = 0 } = this.#session?.reached(this.conv, 'agent') ?? {}
    return seq <= read ? 'read' : seq <= delivered ? 'delivered' : 'sent'
  }

  /** Deletes an own message. */
  remove(seq: number): void { this.#session?.remove(this.conv, seq) }

  /** True while an answer of the bot is to be expected. */
  get botThinks(): boolean {
    const last = this.events.findLast(event => event.kind === 'message' && !isDeleted(event))
    return this.owner === 'bot' && last?.author?.kind === 'visitor' && Date.now() - Date.parse(last.time ?? '') < 10_000
  }

  send(text: string, button?: string): void {
    const content = text.trim()
    if (!content || !this.conv) return
    this.lost = false
    this.#options.onActive()
    this.#session?.send(this.conv, content, { button })
  }

  typed(): void { if (this.conv) this.#session?.typed(this.conv) }
  reconnect(): void { this.#session?.reconnectNow() }

  /** Sends a message again; into today's conversation if its own is no longer ours. */
  retry(cid: string): void {
    const item = this.pending.find(item => item.cid === cid)
    if (item?.failed === 'not_found' && this.conv && item.conv !== this.conv) this.send(this.discard(cid) ?? '')
    else this.#session?.retry(cid)
  }

  discard(cid: string): string | undefined { return this.#session?.discard(cid) }

  /** What the visitor thinks of each of the bot's answers, by its number; the last vote counts. */
  get votes(): ReadonlyMap<number, boolean> {
    const stored = this.events.flatMap((event) => {
      const vote = event.kind === 'feedback' ? event.data?.feedback as { seq: number, helpful: boolean } | undefined : undefined
      return vote ? [[vote.seq, vote.helpful] as const] : []
    })
    return new Map([...stored, ...this.#votes])
  }

  /** Votes on an answer: shown at once, taken back if the server does not store it. */
  async vote(seq: number, helpful: boolean): Promise<void> {
    if (this.votes.get(seq) === helpful) return
    const conv = this.conv
    this.#votes.set(seq, helpful)
    this.#changed()
    const done = () => {
      if (this.#votes.get(seq) === helpful) this.#votes.delete(seq)
    }
    try {
      await this.#api.post('/api/visitor/feedback', { conversation: conv, cid: uuid7(), seq, helpful })
      setTimeout(done, 2000) // by then the event has come
    } catch {
      done()
    }
    this.#changed()
  }

  /** Asks for a person. Answers '' when that is stored, else why not: "blocked" or "failed". */
  async requestHuman(): Promise<'' | 'blocked' | 'failed'> {
    try {
      this.#options.onActive()
      const found = await this.#api.post<Partial<VisitorState>>('/api/visitor/request-human')
      if (found?.owner) this.owner = found.owner
      this.#watchQueue()
      this.#changed()
      return ''
    } catch (error) {
      return error instanceof ApiError && error.problem.code === 'blocked' ? 'blocked' : 'failed'
    }
  }

  /** Stores an e-mail address with the conversation. Answers whether the server took it. */
  async leaveEmail(email: string): Promise<boolean> {
    try {
      await this.#api.post('/api/visitor/email', { email })
      this.email = email
      this.#changed()
      return true
    } catch {
      return false
    }
  }

  /** A link to the transcript, in the language of the widget; undefined when there is none to be had. */
  async transcript(): Promise<{ path: string, expires_at: string } | undefined> {
    return this.#api.post<{ path: string, expires_at: string }>('/api/visitor/transcript-link', { locale: this.locale }).catch(() => undefined)
  }

  setLocale(locale: string): void {
    this.locale = pickLocale(locale)
    this.#changed()
  }

  setShown(shown: boolean, page = this.#page, title = this.#title): void {
    this.shown = shown
    this.visit(page, title)
    if (shown) this.start()
    this.#countUnread()
    this.#changed()
  }

  async #credentials(refused: boolean): Promise<{ token: string }> {
    if (refused) {
      const kept = recall(this.#key('token'))
      if (kept && kept !== this.#token) this.#token = kept // another tab has a newer one
      else if (this.#who) this.#signedOut()
      else this.#setToken(undefined)
    }
    if (!this.#token || !this.conv || this.#proof) await this.#open()
    return { token: this.#token! }
  }

  get #place() {
    return {
      page: this.#page || undefined, title: this.#title || undefined, referrer: this.#options.referrer || undefined,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    }
  }

  // Tells where the visitor is, once there is a visitor.
  async #arrive(): Promise<void> {
    if (!this.#token || !this.conv) return
    await this.#api.post('/api/visitor/context', { ...this.#place, attributes: this.#attributes }).catch(() => undefined)
  }

  // Who has signed in goes on under their own token, in the same conversation; the socket comes back with it.
  async #identify(): Promise<void> {
    const proof = this.#proof
    if (!proof) return
    let found: IdentifiedSession
    try {
      found = await this.#api.post<IdentifiedSession>('/api/visitor/identify', { token: proof, site: this.#options.site || undefined, locale: this.locale, ...this.#place })
    } catch (error) {
      if (error instanceof ApiError && error.status === 422) {
        this.#proof = undefined
        this.#options.onIdentity?.('refused')
      }
      throw error
    }
    if (proof !== this.#proof) return
    this.#proof = undefined
    const who = this.#who
    const running = this.#session && this.#session.state !== 'idle' ? this.#session : undefined
    if (who && who !== found.contact) this.#end()
    else running?.stop()
    this.#who = found.contact
    remember(this.#key('who'), found.contact)
    this.#take(found)
    this.#options.onIdentity?.('identified')
    if (running) (this.#session ?? running).start()
    if (Object.keys(this.#attributes).length) void this.#arrive()
  }

  // Another tab has signed somebody in or out: the same holds here.
  #otherTab(token: string | undefined): void {
    if (token === this.#token) return
    const who = recall(this.#key('who'))
    if (!token || (this.#who && this.#who !== who)) {
      this.#end(false)
      this.person++
    } else {
      this.#session?.stop()
      this.conv = ''
    }
    this.#token = token
    this.#who = who
    // That tab makes the next visitor; this one need not make another.
    setTimeout(() => {
      this.#token ||= recall(this.#key('token'))
      if (this.shown) this.#session?.start()
    }, token ? 0 : 1500)
    this.#changed()
  }

  // Who was signed in is so no more.
  #signedOut(): never {
    this.#leave()
    this.#options.onIdentity?.('anonymous')
    throw new Error('signed out')
  }

  #leave(): void {
    this.#end()
    this.person++
    if (this.shown) this.#session?.start()
    this.#changed()
  }

  // Ends what this device knows of a person.
  #end(everywhere = true): void {
    this.#session?.forget()
    this.conv = ''
    this.email = ''
    this.status = 'open'
    this.owner = 'bot'
    this.assignee = this.queue = this.typing = undefined
    this.loaded = false
    this.#votes.clear()
    this.#later.clear()
    this.#read = { conv: '', seq: 0, epoch: '' }
    this.#who = undefined
    this.#options.onUnread(0)
    if (everywhere) {
      this.#setToken(undefined)
      this.draft = ''
      remember(this.#key('who'), undefined)
    } else {
      this.#token = undefined
    }
  }

  async #open(): Promise<void> {
    if (this.#proof) {
      try {
        return await this.#identify()
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 422) throw error // the connection; it is tried again
      }
    }
    const body = { site: this.#options.site || undefined, locale: this.locale, ...this.#place }
    let found: VisitorSession
    try {
      found = await this.#api.post<VisitorSession>('/api/visitor/session', body)
    } catch (error) {
      // An expired or foreign token: start as a new visitor.
      if (!(error instanceof ApiError) || error.status !== 401 || !this.#token) throw error
      if (this.#who) this.#signedOut()
      this.#setToken(undefined)
      found = await this.#api.post<VisitorSession>('/api/visitor/session', body)
    }
    if (this.#borrowed) remember('frontdesk.token', undefined) // it was this site's
    this.#take(found)
    if (Object.keys(this.#attributes).length) void this.#arrive()
  }

  #take(found: VisitorSession): void {
    this.#setToken(found.token)
    this.siteName = found.site?.name ?? ''
    this.agentsOnline = found.agents_online ?? true
    this.#enter(found.conversation)
    if (found.state) {
      this.status = found.state.status
      this.owner = found.state.owner
      this.assignee = found.state.assignee ?? undefined
      this.email = found.state.email ?? ''
    }
    this.#watchQueue()
  }

  #setToken(token: string | undefined): void {
    this.#token = token
    this.#borrowed = false
    // A site that has lost its token says so: it does not borrow again.
    remember(this.#key('token'), token ?? (this.#options.site ? '' : undefined))
    if (!token) remember(this.#key('read'), undefined)
  }

  #enter(conv: string): void {
    if (conv === this.conv || !conv) return
    this.conv = conv
    this.#votes.clear()
    this.#session?.follow(conv)
    this.#changed()
  }

  #hear(signal: Signal): void {
    if (signal.type === 'hello') {
      const epoch = signal.hello.log_epoch ?? ''
      if (this.#read.epoch && this.#read.epoch !== epoch) this.#read = { conv: '', seq: 0, epoch }
      this.#epoch = epoch
      this.agentsOnline = signal.hello.agents_online ?? false
      if (signal.hello.conv) this.#enter(signal.hello.conv)
    } else if (signal.type === 'event' && signal.event.conv === this.conv) {
      this.#event(signal.event)
    } else if (signal.type === 'queue' && signal.queue.conv === this.conv) {
      const { position = 0, waiting = 0, expected_wait_s: wait = 0 } = signal.queue
      this.queue = { position, waiting, expected_wait_s: wait || null }
    } else if (signal.type === 'mark' && signal.conv === this.conv) {
      if (signal.author?.kind === 'visitor') this.#countUnread(signal.read)
    } else if (signal.type === 'epoch') {
      this.#read = { conv: '', seq: 0, epoch: '' }
    } else if (signal.type === 'typing' && signal.typing.conv === this.conv && signal.typing.author?.kind !== 'visitor') {
      this.#showTyping(signal.typing.on ? signal.typing.author : undefined)
    } else if (signal.type === 'error' && signal.error.cid && signal.error.retry_after_ms) {
      this.#wait(signal.error.cid, signal.error.retry_after_ms)
    } else if (signal.type === 'gone' && signal.conv === this.conv) {
      this.#lose()
    } else if (signal.type === 'outbox') {
      this.#carryOver()
    } else if (signal.type === 'moved') {
      this.#enter(signal.to)
    } else if (signal.type === 'resumed') {
      this.loaded = true
      this.#countUnread()
    }
    this.#changed()
  }

  // The conversation was deleted: nothing of it stays, and the next one begins. What was not sent yet goes there.
  #lose(): void {
    this.lost = true
    this.#session?.stop()
    this.conv = this.email = ''
    this.status = 'open'
    this.owner = 'bot'
    this.assignee = this.queue = this.typing = undefined
    this.loaded = false
    this.#votes.clear()
    this.#read = { conv: '', seq: 0, epoch: '' }
    this.#options.onUnread(0)
    this.#session?.start()
  }

  // What was just written to a conversation that is no longer ours goes into today's, once; what is older waits for the visitor.
  #carryOver(): void {
    if (this.#carrying || !this.conv) return
    this.#carrying = true // each retry tells of the outbox again: they go in their order
    for (const item of this.#session?.strays(this.conv) ?? []) {
      if (item.failed === 'not_found' && Date.now() - item.at < carryMs) this.retry(item.cid)
    }
    this.#carrying = false
  }

  #event(event: Event): void {
    if (event.state) {
      this.status = (event.state.status ?? this.status) as Status
      this.owner = (event.state.owner ?? this.owner) as Owner
      this.assignee = event.state.assignee?.id ? event.state.assignee : undefined
      this.#watchQueue()
    }
    if (event.kind === 'email' && event.content) this.email = event.content
    if (event.author?.kind !== 'visitor') this.#showTyping(undefined)
    if (this.loaded) this.#countUnread()
  }

  // Counts down for a message that came too fast.
  #wait(cid: string, ms: number): void {
    if (ms < 1000) return
    this.#later.set(cid, Date.now() + ms)
    this.#laterTimer ??= setInterval(() => {
      for (const [waiting, until] of this.#later) if (until < Date.now()) this.#later.delete(waiting)
      if (!this.#later.size) {
        clearInterval(this.#laterTimer)
        this.#laterTimer = undefined
      }
      this.#changed()
    }, 1000)
  }

  #showTyping(author: Author | undefined): void {
    this.typing = author
    clearTimeout(this.#typingTimer)
    this.#typingTimer = setTimeout(() => this.#showTyping(undefined), author ? 6000 : 10_500)
    this.#changed()
  }

  // `known` is how far the person has read on another device.
  #countUnread(known = 0): void {
    if (!this.conv) return
    const last = this.events.at(-1)?.seq ?? 0
    const stored = recallRead(this.#key('read'))
    const before = [this.#read, stored].map(read => read.conv === this.conv ? read.seq : 0)
    const own = this.events.findLast(event => event.kind === 'message' && event.author?.kind === 'visitor')?.seq ?? 0
    const looking = this.shown && this.loaded && document.visibilityState === 'visible'
    const seq = Math.max(...before, known, own, looking ? last : 0)
    this.#read = { conv: this.conv, seq, epoch: this.#epoch || stored.epoch }
    if (seq !== before[1]) remember(this.#key('read'), JSON.stringify(this.#read))
    if (looking) this.#session?.seen(this.conv)
    const unread = this.events.filter(event => (event.seq ?? 0) > seq && event.kind === 'message' && event.author?.kind !== 'visitor' && !isDeleted(event))
    this.#options.onUnread(unread.length)
  }

  // The place in the queue comes by itself; it is asked for at first, and now and then in case a signal was lost.
  #watchQueue(): void {
    clearTimeout(this.#queueTimer)
    if (this.owner !== 'queue' || this.status !== 'open') {
      this.queue = undefined
      return
    }
    const ask = async () => {
      try {
        this.queue = await this.#api.get<QueuePosition>('/api/visitor/queue-position')
        const now = await this.#api.get<{ agents_online?: boolean }>('/api/visitor/conversation')
        this.agentsOnline = now.agents_online ?? this.agentsOnline
        this.#changed()
      } catch { /* asked again shortly */ }
    }
    void ask()
    this.#queueTimer = setTimeout(() => this.#watchQueue(), 20_000)
  }

  // Many signals of one turn are one drawing.
  #changed(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      for (const listener of this.#listeners) listener()
    })
  }
}

/** How far a person has read, on this device. */
interface Read { conv: string, seq: number, epoch: string }

function recallRead(key: string): Read {
  try {
    const { conv, seq, epoch } = JSON.parse(recall(key) ?? '') as Partial<Read>
    return { conv: conv ?? '', seq: Number(seq) || 0, epoch: epoch ?? '' }
  } catch {
    return { conv: '', seq: 0, epoch: '' }
  }
}
