import { test as base, expect, type Browser, type BrowserContext, type FrameLocator, type Locator, type Page } from '@playwright/test'
import { Server, type Account } from './server.ts'

export { expect }

interface PerWorker {
  /** Whether the server gives what waits to agents, or they take it by hand. @default false */
  routing: boolean
  /** The server with the demo shop, started once. */
  demo: Server
}
interface PerTest {
  /** A new visitor's chat, opened on the demo shop. */
  visitor: Visitor
  /** Opens a workbench, signed in as the first demo agent. */
  workbench: (account?: Account) => Promise<Workbench>
}

export const test = base.extend<PerTest, PerWorker>({
  routing: [false, { scope: 'worker', option: true }],

  demo: [async ({ routing }, use) => {
    const server = await Server.start({ demo: true, routing })
    await use(server)
    await server.remove()
  }, { scope: 'worker', timeout: 120_000 }],

  visitor: async ({ browser, demo }, use) => {
    const visitor = await Visitor.open(browser, demo.url)
    await use(visitor)
    await visitor.context.close()
  },

  workbench: async ({ browser, demo }, use) => {
    const contexts: BrowserContext[] = []
    await use(async (account) => {
      const context = await browser.newContext()
      contexts.push(context)
      return Workbench.open(await context.newPage(), demo.url, account ?? (await demo.accounts()).agents[0]!)
    })
    for (const context of contexts) await context.close()
  },
})

/** A visitor with the chat open. */
export class Visitor {
  readonly context: BrowserContext
  readonly page: Page
  readonly chat: FrameLocator

  constructor(context: BrowserContext, page: Page) {
    this.context = context
    this.page = page
    this.chat = page.frameLocator('iframe')
  }

  static async open(browser: Browser, url: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Visitor> {
    const context = await browser.newContext(options)
    const visitor = new Visitor(context, await context.newPage())
    await visitor.page.goto(`${url}/demo`)
    await visitor.show()
    return visitor
  }

  /** Opens the panel; the launcher is the page's only button that expands. */
  async show(): Promise<void> {
    await this.page.locator('button[aria-expanded]').click()
    await this.field.waitFor()
  }

  get field(): Locator { return this.chat.getByRole('textbox', { name: /message|消息/ }) }
  get log(): Locator { return this.chat.getByRole('log') }
  get answers(): Locator { return this.log.locator('.row.bot') }

  async say(text: string): Promise<void> {
    await this.field.fill(text)
    await this.field.press('Enter')
  }

  /** The visitor's own bubbles with this text, stored or not. */
  mine(text: string): Locator {
    return this.log.locator('.row.mine .bubble').filter({ hasText: text })
  }
}

/** An agent's page. */
export class Workbench {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  static async open(page: Page, url: string, account: Account): Promise<Workbench> {
    await page.goto(`${url}/console/sign-in`)
    await page.getByLabel('E-mail').fill(account.email)
    await page.getByLabel('Password', { exact: true }).fill(account.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('navigation', { name: 'Views' }).waitFor()
    return new Workbench(page)
  }

  row(text: string): Locator {
    return this.page.getByRole('list', { name: /^(Conversations|会话列表)$/ }).getByRole('link').filter({ hasText: text })
  }

  get log(): Locator { return this.page.getByRole('log') }
  get reply(): Locator { return this.page.getByRole('textbox', { name: 'Write a reply…' }) }

  /** The row of the conversation that was begun last, once it waits: on the shared server others may wait with the same words. */
  async newest(): Promise<Locator> {
    const address = new URL('/api/agent/conversations?view=all&limit=200', this.page.url()).href
    const { items } = await (await this.page.request.get(address)).json() as { items: { id: string }[] }
    const id = items.map(item => item.id).sort().at(-1)! // ids are UUIDs of version 7: in the order of their making
    return this.page.getByRole('list', { name: /^(Conversations|会话列表)$/ }).locator(`a[href*="${id}"]`)
  }

  /** Opens the waiting conversation with this text and takes it. */
  async take(text: string): Promise<void> {
    await this.row(text).click()
    await this.page.locator('header').getByRole('button', { name: 'Take it' }).click()
    await this.reply.waitFor()
  }

  async answer(text: string): Promise<void> {
    await this.reply.fill(text)
    await this.reply.press('Enter')
  }
}
