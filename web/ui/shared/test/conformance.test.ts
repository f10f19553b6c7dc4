// The client against the protocol's conformance suite (web/client/conformance):
// a Go program plays a server that drops, repeats and reorders over real
// WebSockets, and judges what this client's caller was told. The environment's
// WebSocket is a real one (happy-dom brings it).
import { spawn, type ChildProcess } from 'node:child_process'
import { request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as frame from '../src/gen/frames.ts'
import { Session, type Signal } from '../src/session/session.ts'
import { FakeStorage } from './fakeSocket.ts'

interface When { hellos?: number, events?: number, resumed?: number, offers?: number, refused?: number, waiting?: number }
interface Do {
  send?: { content: string, type?: string, mentions?: string[], base_seq?: number }
  edit?: { seq: number, content: string }
  remove?: number
  read?: number
  typing?: boolean
  view?: boolean
  follow?: string
  answer?: { offer: string, accept: boolean }
  presence?: { presence: string, reason?: string }
  restart?: boolean
}
interface Case { name: string, about: string, role: 'visitor' | 'agent', inbox?: boolean, conv: string, client: { when?: When, do: Do }[] | null }
interface Verdict { ok: boolean, failures: string[] | null, waiting: string[] | null }

let server: ChildProcess
let url = ''

beforeAll(async () => {
  const root = join(import.meta.dirname, '../../../..')
  server = spawn('go', ['run', './web/client/conformance/serve'], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] })
  url = await new Promise<string>((resolve, reject) => {
    server.on('error', reject)
    server.on('exit', code => reject(new Error(`the conformance server ended with ${code}`)))
    createInterface({ input: server.stdout! }).once('line', line => resolve((JSON.parse(line) as { url: string }).url))
  })
}, 300_000)
afterAll(() => { server?.stdin?.end() })

// Plain HTTP: fetch would be that of a page of another origin.
function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method }, (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => { text += chunk.toString() })
      answer.on('end', () => answer.statusCode === 200 ? resolve(JSON.parse(text) as T) : reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`)))
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Drives one client through one case and notes what it is told. */
class Harness {
  readonly #case: Case
  readonly #url: string
  readonly #storage = new FakeStorage()
  readonly #seen = { hellos: 0, resumed: 0, offers: 0 }
  readonly #events: object[] = []
  readonly #refused = new Map<string, string>()
  readonly #convs: Set<string>
  readonly #heard = new Set<string>()
  readonly #presence: Record<string, string> = {}
  readonly #ends: string[] = []
  #offers: string[] = []
  #viewing: string[] | null = null
  #queue: frame.Queue | undefined
  #typing = 0
  #resets = 0
  #refreshes = 0
  #next = 0
  #session!: Session

  constructor(given: Case, run: string) {
    this.#case = given
    this.#url = `${url.replace('http', 'ws')}/run/${run}/ws/${given.role}`
    this.#convs = new Set([given.conv])
    this.#start()
    this.#step()
  }

  stop(): void { this.#session.stop() }

  #start(): void {
    this.#offers = []
    this.#session = new Session({
      url: this.#url, scope: 'test', storage: this.#storage, inbox: this.#case.inbox, random: () => 0, page: new EventTarget(),
      credentials: async (refused) => {
        if (refused) this.#refreshes++
        return this.#case.role === 'visitor' ? { token: refused ? 'second' : 'first' } : { csrf: 'x' }
      },
    })
    this.#session.subscribe(signal => this.#hear(signal))
    this.#session.follow(this.#case.conv)
    this.#session.start()
  }

  #hear(signal: Signal): void {
    switch (signal.type) {
      case 'hello': this.#seen.hellos++; break
      case 'resumed': this.#seen.resumed++; break
      case 'epoch': this.#resets++; break
      case 'event': this.#events.push({ conv: signal.event.conv, seq: signal.event.seq, kind: signal.event.kind, content: signal.event.content ?? '' }); break
      case 'moved': this.#follow(signal.to); break
      case 'outbox': this.#notice(); break
      case 'mark': if (signal.author?.kind && signal.author.kind !== this.#case.role) this.#heard.add(signal.author.kind); break
      case 'typing': this.#typing++; break
      case 'queue': this.#queue = signal.queue; break
      case 'viewing': this.#viewing = signal.agents.map(agent => agent.id ?? ''); break
      case 'presence': this.#presence[signal.presence.agent?.id ?? ''] = signal.presence.presence ?? ''; break
      case 'offer':
        this.#seen.offers++
        this.#offers = [...this.#offers.filter(id => id !== signal.offer.id), signal.offer.id ?? '']
        break
      case 'offer_end':
        this.#offers = this.#offers.filter(id => id !== signal.end.id)
        this.#ends.push(`${signal.end.id} ${signal.end.result}`)
    }
    this.#step()
  }

  #follow(conv: string): void {
    this.#convs.add(conv)
    this.#session.follow(conv)
  }

  #items() {
    return [...this.#convs].flatMap(conv => [...this.#session.pending(conv), ...this.#session.edits(conv).values()])
  }

  #notice(): void {
    for (const item of this.#items()) if (item.failed) this.#refused.set(item.cid, item.failed)
  }

  #waiting(): number { return this.#items().filter(item => item.seq === undefined && !item.failed).length }

  // Acts within the very signal that makes it time for them.
  #step(): void {
    const acts = this.#case.client ?? []
    while (this.#next < acts.length && this.#holds(acts[this.#next]!.when ?? {})) this.#act(acts[this.#next++]!.do)
  }

  #holds(when: When): boolean {
    const { hellos, resumed, offers } = this.#seen
    return hellos >= (when.hellos ?? 0) && resumed >= (when.resumed ?? 0) && offers >= (when.offers ?? 0) && this.#events.length >= (when.events ?? 0)
      && this.#refused.size >= (when.refused ?? 0) && (when.waiting === undefined || this.#waiting() <= when.waiting)
  }

  #act(act: Do): void {
    const { conv } = this.#case
    const session = this.#session
    if (act.send) session.send(conv, act.send.content, { type: act.send.type, mentions: act.send.mentions, base: act.send.base_seq })
    else if (act.edit) session.edit(conv, act.edit.seq, act.edit.content)
    else if (act.remove) session.remove(conv, act.remove)
    else if (act.read) session.seen(conv, act.read)
    else if (act.typing) session.typed(conv)
    else if (act.view) session.view(conv, true)
    else if (act.follow) this.#follow(act.follow)
    else if (act.answer) session.answer(act.answer.offer, act.answer.accept)
    else if (act.presence) session.setPresence(act.presence.presence, act.presence.reason)
    else if (act.restart) {
      session.stop()
      this.#start()
    }
  }

  report(): object {
    const { conv } = this.#case
    this.#step()
    const reach = (kind: string) => {
      const { delivered, read } = this.#session.reached(conv, kind)
      return [delivered, read]
    }
    return {
      events: this.#events,
      view: this.#session.timeline(conv)?.events.filter(event => event.kind === 'message' || event.kind === 'note').map(event => event.content ?? '') ?? [],
      waiting: this.#waiting(), refused: [...this.#refused.values()], marks: Object.fromEntries([...this.#heard].map(kind => [kind, reach(kind)])), typing: this.#typing,
      ...this.#queue && { queue: { conv: this.#queue.conv, position: this.#queue.position ?? 0, waiting: this.#queue.waiting ?? 0, expected_wait_s: this.#queue.expected_wait_s ?? 0 } },
      viewing: this.#viewing, offers: this.#offers, offer_ends: this.#ends, presence: this.#presence, resets: this.#resets, refreshes: this.#refreshes,
    }
  }
}

async function play(given: Case): Promise<string> {
  const { run } = await call<{ run: string }>('POST', `/run?case=${given.name}`)
  const harness = new Harness(given, run)
  const deadline = Date.now() + 40_000
  try {
    for (;;) {
      const { ok, failures, waiting } = await call<Verdict>('POST', `/run/${run}/report`, harness.report())
      if (ok) return ''
      if (failures?.length || Date.now() > deadline) return `${given.name} (${given.about}): ${[...failures ?? [], ...waiting ?? []].join('; ')}`
      await new Promise(resolve => setTimeout(resolve, 25))
    }
  } finally {
    harness.stop()
  }
}

describe('the conformance suite', () => {
  it('is passed in every case', { timeout: 240_000 }, async () => {
    const cases = await call<Case[]>('GET', '/cases')
    expect(cases.length).toBeGreaterThan(50)
    const left = [...cases]
    const faults: string[] = []
    const one = async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        const fault = await play(next)
        if (fault) faults.push(fault)
      }
    }
    await Promise.all(Array.from({ length: 8 }, one))
    expect(faults).toEqual([])
  })
})
