import type { Page } from '@playwright/test'
import { expect, test, Visitor, Workbench } from '../fixtures.ts'
import { Server, type Account } from '../server.ts'

// What a person writes arrives, once, and both sides can see how far it has come.

// Most of them are about two or three people, each with a browser of their own.
test.describe.configure({ timeout: 120_000 })

/** A visitor whose question waits for a person, and the agent who took it. */
async function talk(visitor: Visitor, agent: Workbench, words: string): Promise<void> {
  await visitor.say(`${words}, I want to talk to a human`)
  await take(agent, words)
}

/** Opens the conversation wherever it is, and takes it if the router has not given it to this agent. */
async function take(agent: Workbench, words: string): Promise<void> {
  await agent.page.getByRole('link', { name: /^All/ }).click()
  await agent.row(words).first().click()
  const claim = agent.page.locator('header').getByRole('button', { name: /Take it|Take over/ })
  await claim.or(agent.reply).first().waitFor()
  // The router may be giving it to somebody at this very moment: then taking it is stale, and is done again.
  await expect(async () => {
    if (await claim.isVisible()) await claim.click({ timeout: 2000 })
    await expect(agent.reply).toBeVisible({ timeout: 3000 })
  }).toPass({ timeout: 30_000 })
}

/** What the server knows of the conversation that is open on a workbench. */
async function api(page: Page, method: 'GET' | 'POST' | 'PUT', path: string, data?: object): Promise<Record<string, unknown>> {
  const origin = new URL(page.url()).origin
  const me = await (await page.request.get(`${origin}/api/agent/me`)).json() as { csrf: string }
  const answer = await page.request.fetch(origin + path, { method, data, headers: { 'X-CSRF-Token': me.csrf } })
  expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBe(true)
  return await answer.json() as Record<string, unknown>
}
const convOf = (agent: Workbench) => /[0-9a-f-]{36}/.exec(agent.page.url())![0]

test('a message says how far it has come, on both sides', async ({ visitor, workbench }) => {
  const agent = await workbench()
  const words = `marks ${Date.now()}`
  await talk(visitor, agent, words)
  await expect(visitor.log.locator('.row.mine').last()).toContainText('Read')

  await agent.answer('Seen at once?')
  const mine = agent.log.locator('.message.agent').last()
  await expect(mine.getByRole('img', { name: 'Read by the visitor' })).toBeVisible()

  // The panel is closed: the message arrives, but nobody has seen it.
  await visitor.field.press('Escape')
  await expect(visitor.page.locator('iframe')).toBeHidden()
  await agent.answer('And this one?')
  const second = agent.log.locator('.message.agent').last()
  await expect(second.getByRole('img', { name: 'Delivered' })).toBeVisible()
  await expect(visitor.page.getByRole('button', { name: 'Open chat (1 unread message' })).toBeVisible()
  await visitor.page.locator('button[aria-expanded]').click()
  await expect(second.getByRole('img', { name: 'Read by the visitor' })).toBeVisible()

  // The agent looks at another page: the visitor's words have come, but are not read.
  await agent.page.getByRole('link', { name: 'Queue' }).or(agent.page.getByRole('link', { name: /^Mine/ })).first().click()
  await visitor.say('Are you there?')
  await expect(visitor.log.locator('.row.mine').last()).toContainText('Delivered')
  await agent.row('Are you there?').first().click()
  await expect(visitor.log.locator('.row.mine').last()).toContainText('Read')
})

test('both sides see the other write, and colleagues see each other', async ({ visitor, workbench, demo }) => {
  const { agents } = await demo.accounts()
  const [mei, sam] = [await workbench(agents[0]), await workbench(agents[1])]
  const words = `typing ${Date.now()}`
  await talk(visitor, mei, words)
  await sam.page.getByRole('link', { name: /^All/ }).click()
  await sam.row(words).first().click()
  await expect(mei.page.getByText(/Sam.* is here too/)).toBeVisible()
  await expect(sam.page.getByText(/Mei.* is here too/)).toBeVisible()

  await mei.reply.pressSequentially('Let me')
  await expect(visitor.chat.getByLabel(/Mei.* is writing/)).toBeVisible()
  await expect(sam.page.getByText(/Mei.* is writing a reply/)).toBeVisible()
  await visitor.field.pressSequentially('I wait')
  await expect(mei.page.getByText('Visitor is writing…')).toBeVisible()

  await sam.page.getByRole('link', { name: /^Resolved/ }).click()
  await expect(mei.page.getByText(/is here too/)).toBeHidden()
})

test('an agent mends and deletes what they said, and a visitor may delete their own', async ({ visitor, workbench }) => {
  const agent = await workbench()
  const words = `edits ${Date.now()}`
  await talk(visitor, agent, words)
  await agent.answer('Your parcel arives on Monday')
  await expect(visitor.log.locator('.row.agent .bubble')).toHaveText(['Your parcel arives on Monday'])

  const first = agent.log.locator('.message.agent').first()
  await first.getByRole('button', { name: 'Edit', exact: true }).click()
  const field = agent.page.getByRole('textbox', { name: 'Change the message' })
  await expect(field).toHaveValue('Your parcel arives on Monday')
  await field.fill('Your parcel arrives on Tuesday')
  await field.press('Enter')
  await expect(visitor.log.locator('.row.agent .bubble')).toHaveText(['Your parcel arrives on Tuesday'])
  await expect(visitor.log.locator('.row.agent')).toContainText('edited')
  await first.getByRole('button', { name: 'edited' }).click()
  await expect(first.getByRole('list', { name: 'What it said before' })).toContainText('arives on Monday')

  await agent.answer('This was for somebody else')
  const second = agent.log.locator('.message.agent').nth(1)
  await second.getByRole('button', { name: 'Delete', exact: true }).click()
  await second.getByRole('button', { name: 'Keep' }).click()
  await expect(visitor.log).toContainText('for somebody else')
  await second.getByRole('button', { name: 'Delete', exact: true }).click()
  await second.getByRole('group').getByRole('button', { name: 'Delete' }).click()
  await expect(second).toContainText('Message deleted')
  await expect(visitor.log.locator('.row.agent .bubble')).toHaveText(['Your parcel arrives on Tuesday', 'This message was deleted'])

  await visitor.say('my card number is 1234')
  await expect(agent.log).toContainText('my card number is 1234')
  await visitor.log.locator('.row.mine').last().getByRole('button', { name: 'Delete message' }).click()
  await visitor.chat.getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(visitor.log.locator('.row.mine').last()).toContainText('You deleted this message')
  await expect(agent.log.locator('.message.visitor').last()).toContainText('Message deleted')

  // A page that comes later sees the same.
  await Promise.all([visitor.page.reload(), agent.page.reload()])
  await visitor.show()
  await expect(visitor.log.locator('.row.agent .bubble')).toHaveText(['Your parcel arrives on Tuesday', 'This message was deleted'])
  await expect(visitor.log).not.toContainText('1234')
  await expect(agent.log.locator('.message.agent').nth(1)).toContainText('Message deleted')
  await agent.log.locator('.message.agent').nth(1).getByRole('button', { name: 'What it said' }).click()
  await expect(agent.log.locator('.message.agent').nth(1)).toContainText('This was for somebody else')
})

test('a reply is held back when a colleague was faster, and goes when the agent says so', async ({ visitor, workbench, demo }) => {
  const { agents } = await demo.accounts()
  const [mei, sam] = [await workbench(agents[0]), await workbench(agents[1])]
  const words = `collision ${Date.now()}`
  await talk(visitor, mei, words)
  await mei.reply.fill('It ships on Friday.')
  await api(sam.page, 'POST', '/api/agent/send-message', { conversation: convOf(mei), cid: crypto.randomUUID(), type: 'text', content: 'It shipped yesterday.' })
  await expect(mei.page.getByText(/Sam.* replied while you were writing/)).toBeVisible()
  await mei.reply.press('Enter')
  await expect(mei.page.getByRole('alert')).toContainText('Not sent: Sam')
  await expect(mei.reply).toHaveValue('It ships on Friday.')
  await expect(visitor.log.locator('.row.agent .bubble')).toHaveText(['It shipped yesterday.'])
  await mei.page.getByRole('button', { name: 'Send anyway' }).click()
  await expect(visitor.log.locator('.row.agent .bubble')).toHaveText(['It shipped yesterday.', 'It ships on Friday.'])

  // A draft holds what its writer had seen over a reload.
  await mei.reply.fill('One more thing')
  await mei.page.reload()
  await mei.reply.waitFor()
  await api(sam.page, 'POST', '/api/agent/send-message', { conversation: convOf(mei), cid: crypto.randomUUID(), type: 'text', content: 'Sam again.' })
  await expect(mei.page.getByText(/Sam.* replied while you were writing/)).toBeVisible()
  await mei.page.getByRole('button', { name: 'Keep editing' }).click()
  await mei.reply.press('Enter')
  await expect(visitor.log.locator('.row.agent .bubble')).toHaveText(['It shipped yesterday.', 'It ships on Friday.', 'Sam again.', 'One more thing'])
})

test('a colleague’s reply that this page has not seen yet stops the message at the server', async ({ visitor, workbench, demo }) => {
  const { agents } = await demo.accounts()
  const [mei, sam] = [await workbench(agents[0]), await workbench(agents[1])]
  const words = `race ${Date.now()}`
  await talk(visitor, mei, words)
  const conv = convOf(mei)
  // The page's own connection hangs while a colleague answers.
  await mei.page.evaluate(() => {
    const send = WebSocket.prototype.send
    const held: (() => void)[] = []
    WebSocket.prototype.send = function (data) {
      if (String(data).includes('"send"')) held.push(() => send.call(this, data))
      else send.call(this, data)
    }
    Object.assign(window, { release: () => {
      WebSocket.prototype.send = send
      for (const one of held) one()
    } })
  })
  await mei.answer('Mine, too late')
  await api(sam.page, 'POST', '/api/agent/send-message', { conversation: conv, cid: crypto.randomUUID(), type: 'text', content: 'Mine, in time' })
  await mei.page.evaluate(() => (window as unknown as { release: () => void }).release())
  await expect(mei.log.getByRole('alert')).toContainText(/Not sent: Sam.* replied meanwhile/)
  await expect(visitor.log.locator('.row.agent .bubble')).toHaveText(['Mine, in time'])
  await mei.log.getByRole('button', { name: 'Back to editing' }).click()
  await expect(mei.reply).toHaveValue('Mine, too late')
})

test('a mentioned colleague is told, wherever they are', async ({ visitor, workbench, demo }) => {
  const { agents } = await demo.accounts()
  const [mei, sam] = [await workbench(agents[0]), await workbench(agents[1])]
  const words = `mention ${Date.now()}`
  await talk(visitor, mei, words)
  await mei.page.getByRole('tab', { name: 'Note' }).click()
  const note = mei.page.getByRole('textbox', { name: /note/ })
  await note.pressSequentially('please look, @sa')
  await expect(mei.page.getByRole('listbox', { name: 'Mention a colleague' })).toContainText('Sam')
  await note.press('Enter')
  await expect(note).toHaveValue(/please look, @Sam.* $/)
  await note.pressSequentially(words)
  await note.press('Enter')
  await expect(mei.log.locator('.message.note mark')).toContainText('@Sam')
  await expect(sam.page.getByText(new RegExp(`Mei.* mentioned you.*${words}`))).toBeVisible()
  await sam.page.reload()
  await sam.page.getByRole('button', { name: 'Mentions, 1 new' }).click()
  await sam.page.getByRole('dialog', { name: 'Mentions' }).getByRole('link').filter({ hasText: words }).click()
  await expect(sam.log.locator('.message.note mark')).toContainText('@Sam')
  await expect(sam.page.getByRole('button', { name: 'Mentions', exact: true })).toBeVisible()
  await expect(visitor.log).not.toContainText('please look')
})

test('two tabs of one visitor are one conversation with one unread count', async ({ visitor, workbench }) => {
  const agent = await workbench()
  const words = `tabs ${Date.now()}`
  await talk(visitor, agent, words)
  const second = new Visitor(visitor.context, await visitor.context.newPage())
  await second.page.goto(visitor.page.url())
  await second.show()
  await expect(second.mine(words)).toHaveCount(1)
  await second.say('said in the second tab')
  await expect(visitor.mine('said in the second tab')).toHaveCount(1)
  await expect(visitor.log.getByText('Sending…')).toHaveCount(0)

  // What the one shows is read in the other.
  await visitor.field.press('Escape')
  await second.field.press('Escape')
  await agent.answer('unread in both')
  const badge = (one: Visitor) => one.page.getByRole('button', { name: 'Open chat (1 unread message' })
  await expect(badge(visitor)).toBeVisible()
  await expect(badge(second)).toBeVisible()
  await second.page.bringToFront()
  await second.page.locator('button[aria-expanded]').click()
  await expect(badge(visitor)).toBeHidden()
  await expect(visitor.page.getByRole('button', { name: 'Open chat', exact: true })).toBeVisible()
})

test('two tabs of one agent agree on what is unread, and one’s own words are not', async ({ browser, visitor, workbench, demo }) => {
  const account = (await demo.accounts()).agents[0]!
  const agent = await workbench(account)
  const words = `unread ${Date.now()}`
  await talk(visitor, agent, words)
  const other = await secondTab(agent, demo.url)
  await other.page.getByRole('link', { name: /^All/ }).click()
  const row = other.row(words).first()
  await agent.answer('my own words')
  await visitor.say(`${words} again`)
  // Read in the first tab: no mark stays in the second.
  await agent.page.bringToFront()
  await expect(agent.log).toContainText(`${words} again`)
  await expect(row).toBeVisible()
  await expect(row.getByLabel(/unread/)).toHaveCount(0)
  await expect(browser.contexts().length).toBeGreaterThan(0)
})

async function secondTab(agent: Workbench, url: string): Promise<Workbench> {
  const page = await agent.page.context().newPage()
  await page.goto(`${url}/console/inbox/all`)
  await page.getByRole('navigation', { name: 'Views' }).waitFor()
  return new Workbench(page)
}

test('a killed server, a reload with unsent words, and everything is there once', async ({ browser }) => {
  const server = await Server.start({ demo: true })
  try {
    const visitor = await Visitor.open(browser, server.url)
    const context = await browser.newContext()
    const agent = await Workbench.open(await context.newPage(), server.url, (await server.accounts()).agents[0] as Account)
    await talk(visitor, agent, 'the server falls')
    await agent.answer('before')
    await expect(visitor.log.locator('.row.agent .bubble')).toHaveText(['before'])
    await server.kill()
    await expect(visitor.chat.getByText(/No connection\./)).toBeVisible()
    await visitor.say('sent into the dark')
    await visitor.field.fill('half a sent')
    await agent.answer('answered into the dark')
    await agent.reply.fill('half a reply')
    await expect(agent.log.getByText('Waiting for the connection')).toBeVisible()
    // The frame is left while the message waits; the page itself cannot be loaded from a server that is down.
    await visitor.page.goto('about:blank')
    await agent.page.goto('about:blank')
    await server.up()
    await visitor.page.goto(`${server.url}/demo`)
    await visitor.show()
    await agent.page.goto(`${server.url}/console/inbox/mine`)
    await agent.row('the server falls').or(agent.row('sent into the dark')).or(agent.row('answered into the dark')).first().click()
    await expect(visitor.field).toHaveValue('half a sent')
    await expect(agent.reply).toHaveValue('half a reply')
    await expect(visitor.log.locator('.row.mine .bubble')).toHaveText([/the server falls/, /sent into the dark/])
    await expect(visitor.log.locator('.row.agent .bubble')).toHaveText(['before', 'answered into the dark'])
    await expect(agent.log.locator('.message.visitor .bubble')).toHaveText([/the server falls/, /sent into the dark/])
    await expect(agent.log.locator('.message.agent .bubble')).toHaveText(['before', 'answered into the dark'])
    await expect(visitor.log.locator('.row.pending, .row.failed')).toHaveCount(0)
    await visitor.context.close()
    await context.close()
  } finally {
    await server.remove()
  }
})

test('a message that the server refuses stays, with Retry, and can be taken back', async ({ visitor }) => {
  await visitor.say('hello')
  await expect(visitor.answers).toHaveCount(1)
  await visitor.field.fill('x'.repeat(10_001))
  await expect(visitor.chat.getByRole('alert')).toContainText('At most 10,000 characters.')
  await visitor.field.fill('')
  const frame = visitor.page.frames().find(one => one !== visitor.page.mainFrame())!
  await frame.evaluate(() => {
    const send = WebSocket.prototype.send
    let once = true
    WebSocket.prototype.send = function (data) {
      // A frame that no server can take: the answer is an error that names the message.
      const text = String(data)
      send.call(this, once && text.includes('"send"') ? text.replace(/"type":"text"/, '"type":"nonsense"') : data)
      if (text.includes('"send"')) once = false
    }
  })
  await visitor.say('refused at first')
  const failed = visitor.log.locator('.row.failed')
  await expect(failed).toContainText('Not sent')
  await failed.getByRole('button', { name: 'Retry' }).click()
  await expect(visitor.log.locator('.row.failed')).toHaveCount(0)
  await expect(visitor.mine('refused at first')).toHaveCount(1)
})

test('the place in the queue moves by itself', async ({ browser }) => {
  const server = await Server.start({ demo: true })
  try {
    const { agents } = await server.accounts()
    // Somebody is there, but takes nothing by the router: the queue stands.
    const context = await browser.newContext()
    const agent = await Workbench.open(await context.newPage(), server.url, agents[0]!)
    await api(agent.page, 'POST', '/api/agent/presence', { presence: 'away' })
    const heard: string[][] = [[], []]
    const visitors: Visitor[] = []
    for (const [i, words] of ['first in line', 'second in line'].entries()) {
      const pages = await browser.newContext()
      const visitor = new Visitor(pages, await pages.newPage())
      visitors.push(visitor)
      visitor.page.on('websocket', socket => socket.on('framereceived', frame => heard[i]!.push(String(frame.payload))))
      await visitor.page.goto(`${server.url}/demo`)
      await visitor.show()
      await visitor.say(`${words}, I want to talk to a human`)
      await visitor.chat.locator('.queue').waitFor()
    }
    const place = (n: number) => () => heard[1]!.findLast(frame => frame.includes('"queue"'))?.includes(`"position":${n}`) ?? false
    await expect.poll(place(2)).toBe(true)
    await take(agent, 'first in line')
    await expect(visitors[0]!.chat.getByText(/has joined/)).toBeVisible()
    await expect.poll(place(1)).toBe(true)
    for (const visitor of visitors) await visitor.context.close()
    await context.close()
  } finally {
    await server.remove()
  }
})

test('an offer of the router is answered on its card: declined here, accepted there', async ({ browser }) => {
  const server = await Server.start({ demo: true, routing: true })
  try {
    const { admin, agents } = await server.accounts()
    const desk = await browser.newContext()
    const boss = await Workbench.open(await desk.newPage(), server.url, admin)
    await api(boss.page, 'PUT', '/api/admin/routing/rules', { ...await api(boss.page, 'GET', '/api/admin/routing/rules'), reservation_s: 60 })
    await api(boss.page, 'POST', '/api/agent/presence', { presence: 'offline' })
    const contexts = [await browser.newContext(), await browser.newContext()]
    const [mei, sam] = [await Workbench.open(await contexts[0]!.newPage(), server.url, agents[0]!), await Workbench.open(await contexts[1]!.newPage(), server.url, agents[1]!)]
    const visitor = await Visitor.open(browser, server.url)
    await visitor.say('offered to you, I want to talk to a human')

    const card = (one: Workbench) => one.page.locator('.offer')
    const cards = async () => await card(mei).count() + await card(sam).count()
    await expect.poll(cards, { timeout: 30_000 }).toBe(1)
    const [first, second] = await card(mei).count() > 0 ? [mei, sam] : [sam, mei]
    await expect(card(first)).toContainText(/\d+ s left/)
    await expect(card(second)).toHaveCount(0)
    await card(first).getByRole('button', { name: 'Decline' }).click()
    await expect(card(first)).toHaveCount(0)
    // The colleague is asked next; a reload shows the offer again, with the time that is left.
    await expect(card(second)).toContainText('offered to you', { timeout: 30_000 })
    await second.page.reload()
    await expect(card(second)).toContainText('offered to you')
    await card(second).getByRole('button', { name: 'Accept' }).click()
    await expect(second.page.getByText('It is yours.')).toBeVisible()
    await expect(second.log).toContainText('offered to you')
    await expect.poll(cards).toBe(0)
    await expect(visitor.chat.getByText(/has joined/)).toBeVisible()
    await visitor.context.close()
    for (const context of [desk, ...contexts]) await context.close()
  } finally {
    await server.remove()
  }
})
