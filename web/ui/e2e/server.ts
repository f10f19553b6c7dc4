import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface Account { name: string, email: string, password: string }
export interface Accounts { admin: Account, agents: Account[] }

const binary = process.env.FRONTDESK_BIN ?? fileURLToPath(new URL('../../../bin/frontdesk', import.meta.url))

/** A real server on a data directory of its own; it can be killed and started again on the same data. */
export class Server {
  readonly url: string
  readonly #data: string
  #demo: boolean
  readonly #routing: boolean
  #process: ChildProcess | undefined
  #output = ''

  private constructor(data: string, port: number, demo: boolean, routing: boolean) {
    this.#data = data
    this.#demo = demo
    this.#routing = routing
    this.url = `http://127.0.0.1:${port}`
  }

  /**
   * Starts a server with the demo shop, or an empty one, and waits until it is ready. With `routing` it gives what waits to
   * agents, as it does by default; without, agents take it by hand, as most specs want it: what waits stays in the queue.
   */
  static async start({ demo, routing = false }: { demo: boolean, routing?: boolean }): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), 'frontdesk-e2e-')), await freePort(), demo, routing)
    await server.up()
    return server
  }

  /** Starts it on its data; `demo` puts the demo shop beside what is there. */
  async up(demo = this.#demo): Promise<void> {
    this.#demo = demo
    const args = ['serve', '--data', this.#data, '--addr', new URL(this.url).host, '--public-url', this.url]
    const env = { ...process.env, FRONTDESK_ROUTING_ENABLED: String(this.#routing) }
    const child = spawn(binary, this.#demo ? [...args, '--demo'] : args, { stdio: ['ignore', 'pipe', 'pipe'], env })
    this.#process = child
    let ended: string | undefined
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { this.#output += chunk.toString() })
    child.on('error', (error) => { ended = error.message })
    child.on('exit', (code, signal) => { ended = `ended with ${code ?? signal}` })
    const deadline = Date.now() + 90_000
    while (!await this.#ready()) {
      if (ended !== undefined || Date.now() > deadline) throw new Error(`the server did not become ready (${ended ?? 'too slow'}):\n${this.#output}`)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Stops the server and removes what it kept. */
  async remove(): Promise<void> {
    await this.#end('SIGTERM')
    await rm(this.#data, { recursive: true, force: true })
    // As root the database lies outside of the data directory.
    const cluster = /cluster=frontdesk-([0-9a-f]+)/.exec(this.#output)?.[1]
    if (cluster && process.getuid?.() === 0) await rm(`/var/lib/frontdesk/${cluster}`, { recursive: true, force: true })
  }

  /** Runs a subcommand on this server's data and returns what it printed. */
  async command(...args: string[]): Promise<string> {
    return (await promisify(execFile)(binary, [...args, '--data', this.#data])).stdout
  }

  async accounts(): Promise<Accounts> {
    return JSON.parse(await readFile(join(this.#data, 'demo-accounts.json'), 'utf8')) as Accounts
  }

  /** The path of the one-time address that an empty server prints. */
  setupPath(): string {
    const found = /(\/console\/setup\?token=[^\s"]+)/.exec(this.#output)?.[1]
    if (!found) throw new Error(`no setup address was printed:\n${this.#output}`)
    return found
  }

  /** The sum of a metric over its labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text()
    const lines = text.split('\n').filter(line => line.startsWith(name) && /[ {]/.test(line[name.length] ?? ''))
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
  }

  async #ready(): Promise<boolean> {
    return fetch(`${this.url}/readyz`).then(response => response.ok, () => false)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const over = new Promise(resolve => child.once('exit', resolve))
    child.kill(signal)
    await over
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
