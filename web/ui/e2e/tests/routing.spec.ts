import type { Browser, Page } from '@playwright/test'
import { expect, test, Visitor, type Workbench } from '../fixtures.ts'
import type { Server } from '../server.ts'

test.use({ routing: true })

interface Desk { admin: Page, mei: Workbench, sam: Workbench }

/** Speaks to the server as whoever is signed in on the page. */
async function call<T>(page: Page, method: string, path: string, data?: object): Promise<T> {
  const address = (to: string) => new URL(to, page.url()).href
  const { csrf } = await (await page.request.get(address('/api/agent/me'))).json() as { csrf: string }
  const response = await page.request.fetch(address(path), { method, data, headers: { 'X-CSRF-Token': csrf } })
  expect(response.ok(), `${method} ${path}: ${response.status()} ${await response.text()}`).toBe(true)
  return await response.json().catch(() => undefined) as T
}

interface Agents { agents: { id: string, name: string }[] }

/** Mei and Sam are there with nothing in hand, the admin is away; nobody has a skill, and the rules are bare. */
async function open(demo: Server, workbench: (account?: Awaited<ReturnType<Server['accounts']>>['admin']) => Promise<Workbench>): Promise<Desk> {
  const { admin: ada, agents } = await demo.accounts()
  const admin = (await workbench(ada)).page
  await call(admin, 'POST', '/api/agent/presence', { presence: 'away', reason: 'meeting' })
  const all = await call<{ items: { id: string }[] }>(admin, 'GET', '/api/agent/conversations?view=all&limit=200')
  for (const item of all.items) await call(admin, 'POST', `/api/agent/conversations/${item.id}/resolve`)
  const { agents: people } = await call<Agents>(admin, 'GET', '/api/admin/routing/agents')
  await call(admin, 'PUT', '/api/admin/routing/agents', { agents: people.map(({ id }) => ({ id, skills: [], languages: [], cap: 5, caps: {} })) })
  const rules = await call<object>(admin, 'GET', '/api/admin/routing/rules')
  await call(admin, 'PUT', '/api/admin/routing/rules', { ...rules, rules: [], overflow: [], reservation_s: 0, catalog: undefined, running: undefined, updated_at: undefined, updated_by: undefined })
  const mei = await workbench(agents[0])
  const sam = await workbench(agents[1])
  for (const agent of [mei, sam]) {
    await call(agent.page, 'POST', '/api/agent/presence', { presence: 'online' })
    await shows(agent, 'Online') // else the status chosen next may be the one that the page still shows
  }
  return { admin, mei, sam }
}

/** A new visitor asks for a person, in words of their own. */
async function arrive(browser: Browser, demo: Server): Promise<{ visitor: Visitor, text: string }> {
  const visitor = await Visitor.open(browser, demo.url, { locale: 'en' })
  const text = `I want to talk to a human, ${Math.random().toString(36).slice(2, 8)}`
  await visitor.say(text)
  await expect(visitor.mine(text)).toHaveCount(1)
  return { visitor, text }
}

const mine = (agent: Workbench) => agent.page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: /Mine/ }).click()

async function shows(agent: Workbench, presence: string) {
  await expect(agent.page.getByRole('button', { name: new RegExp(`^Account and settings: .*, ${presence}(,|$)`) })).toBeVisible()
}

async function status(agent: Workbench, choice: string) {
  await agent.page.getByRole('button', { name: /Account and settings/ }).click()
  await agent.page.getByRole('radio', { name: new RegExp(`^${choice}`) }).check({ force: true })
  await agent.page.keyboard.press('Escape')
  await shows(agent, choice)
}

async function simulate(admin: Page, page: string): Promise<string> {
  await admin.goto(new URL('/console/routing/simulate', admin.url()).href)
  if (page) await admin.getByLabel('Page', { exact: true }).fill(page)
  await admin.getByRole('button', { name: 'Who would get it?' }).click()
  const verdict = admin.getByText(/ gets it$/)
  await verdict.waitFor()
  return (await verdict.innerText()).replace(/ gets it$/, '')
}

test('the simulator says who gets the next visitor, and a rule that is changed live sends the one after to the other agent', async ({ browser, demo, workbench }) => {
  test.setTimeout(120_000)
  const { admin, mei, sam } = await open(demo, workbench)
  const first = await simulate(admin, '')
  const [one, other] = first === 'Sam' ? [sam, mei] : [mei, sam]
  const { text } = await arrive(browser, demo)
  await mine(one)
  await one.row(text).click()
  await expect(one.log).toContainText(`Given to ${first}`)

  // The other one gets a skill, and a rule asks for it.
  const otherName = first === 'Sam' ? 'Mei 小梅' : 'Sam'
  await admin.goto(new URL('/console/routing/agents', admin.url()).href)
  await admin.getByRole('button', { name: `Edit ${otherName}` }).click()
  const dialog = admin.getByRole('dialog')
  await dialog.getByLabel('Skill', { exact: true }).fill('refunds')
  await dialog.getByLabel('Level', { exact: true }).selectOption('4')
  await dialog.getByRole('button', { name: 'Add' }).click()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(admin.getByRole('row').filter({ hasText: otherName })).toContainText('refunds 4')

  await admin.goto(new URL('/console/routing/rules', admin.url()).href)
  const stale = await admin.context().newPage()
  await stale.goto(admin.url())
  await stale.getByRole('button', { name: 'Add a rule' }).waitFor()
  await admin.getByRole('button', { name: 'Add a rule' }).click()
  const rule = admin.getByRole('listitem').filter({ has: admin.getByLabel('Rule is on') })
  await rule.getByLabel('Name', { exact: true }).fill('Refunds')
  await rule.getByRole('textbox', { name: 'Value' }).fill('/demo')
  await rule.getByLabel('Skill', { exact: true }).fill('refunds')
  await rule.getByRole('button', { name: 'Add', exact: true }).click()
  await admin.getByRole('button', { name: 'Save' }).click()
  await expect(admin.getByText('Saved. It counts from now on.')).toBeVisible()

  // Whoever had the rules open before is told, and nothing of theirs is stored.
  await stale.getByRole('button', { name: 'Add a step' }).click()
  await stale.getByRole('checkbox', { name: 'skills no longer matter' }).last().check() // one that lessens nothing is refused
  await stale.getByRole('button', { name: 'Save' }).click()
  await expect(stale.getByText('Somebody saved the rules after you opened them.')).toBeVisible()
  await stale.getByRole('button', { name: 'Load theirs' }).click()
  await expect(stale.getByLabel('Name', { exact: true })).toHaveValue('Refunds')
  await stale.close()

  expect(await simulate(admin, `${demo.url}/demo`)).toBe(otherName)
  await expect(admin.getByText('refunds: level 4, 3 needed')).toBeVisible()
  const next = await arrive(browser, demo)
  await mine(other)
  await other.row(next.text).click()
  await expect(other.log).toContainText(`Given to ${otherName}`)
  await expect(other.log).toContainText('refunds: level 4, 3 needed')
  await expect(next.visitor.log).not.toContainText('refunds: level')
})

test('whoever is full or invisible gets nothing, the live queue says why, and by hand it goes all the same', async ({ browser, demo, workbench }) => {
  test.setTimeout(120_000)
  const { admin, mei, sam } = await open(demo, workbench)
  await status(sam, 'Invisible')
  await admin.goto(new URL('/console/routing/agents', admin.url()).href)
  await admin.getByLabel('Select all').check()
  await admin.getByRole('button', { name: 'Change all selected' }).click()
  await admin.getByLabel('Set the capacity').fill('1')
  await admin.getByRole('dialog').getByRole('button', { name: 'Change', exact: true }).click()
  await expect(admin.getByText(/^Changed \d people\.$/)).toBeVisible()

  const first = await arrive(browser, demo)
  await mine(mei)
  await mei.row(first.text).click()
  const second = await arrive(browser, demo)
  await admin.goto(new URL('/console/routing/queue', admin.url()).href)
  const waiting = admin.getByRole('listitem').filter({ hasText: second.text })
  await expect(waiting).toContainText('Nobody can take it')
  await expect(waiting).toContainText('1 × full')
  await waiting.getByRole('button', { name: 'Why?' }).click()
  await expect(waiting).toContainText('full: 1 of 1 in hand')
  await expect(waiting).toContainText('is invisible')
  await expect(second.visitor.chat.getByText(/in the queue|first in line|next in line|position/i).first()).toBeVisible()

  // To colleagues an invisible person looks away.
  await mei.page.getByRole('button', { name: 'Transfer' }).click()
  await expect(mei.page.getByRole('option', { name: /^Sam · Away/ })).toHaveCount(1)
  await mei.page.keyboard.press('Escape')

  // What is done frees a place at once.
  await mei.page.getByRole('button', { name: 'Resolve' }).click()
  await mei.row(second.text).click()
  await expect(mei.log).toContainText('Given to Mei')

  // By hand a capacity may be exceeded, and the log says who it was given to.
  const third = await arrive(browser, demo)
  const late = admin.getByRole('listitem').filter({ hasText: third.text })
  await late.getByRole('button', { name: 'Assign' }).click()
  const choice = admin.getByRole('option', { name: /^Mei 小梅 · full/ })
  await admin.getByRole('dialog').getByRole('combobox').selectOption((await choice.getAttribute('value'))!)
  await admin.getByRole('button', { name: 'Give it' }).click()
  await expect(late).toHaveCount(0)
  await mei.row(third.text).click()
  await expect(mei.log).toContainText('assigned by hand')
})

test('an agent who may have one chat at once gets one, though there is room for more of other kinds', async ({ browser, demo, workbench }) => {
  test.setTimeout(120_000)
  const { admin, mei, sam } = await open(demo, workbench)
  await status(sam, 'Away')
  await admin.goto(new URL('/console/routing/agents', admin.url()).href)
  await admin.getByRole('button', { name: 'Edit Mei 小梅' }).click()
  const dialog = admin.getByRole('dialog')
  await expect(dialog.getByLabel('At once, in total')).toHaveValue('5')
  await dialog.getByLabel('At once: Chat').fill('1')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(admin.getByRole('row').filter({ hasText: 'Mei 小梅' })).toContainText('Chat 1')

  const first = await arrive(browser, demo)
  await mine(mei)
  await mei.row(first.text).click()
  await expect(mei.log).toContainText('Given to Mei')
  const second = await arrive(browser, demo)
  await admin.goto(new URL('/console/routing/queue', admin.url()).href)
  const waiting = admin.getByRole('listitem').filter({ hasText: second.text })
  await expect(waiting).toContainText('Nobody can take it')
  await waiting.getByRole('button', { name: 'Why?' }).click()
  await expect(waiting).toContainText('full: Chat 1 of 1')
  await expect(mei.row(second.text)).toHaveCount(0)

  // Without the limit of its own the next one comes at once.
  await admin.goto(new URL('/console/routing/agents', admin.url()).href)
  await admin.getByRole('button', { name: 'Edit Mei 小梅' }).click()
  await admin.getByLabel('At once: Chat').fill('')
  await admin.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await mei.row(second.text).click()
  await expect(mei.log).toContainText('Given to Mei')
  for (const { visitor } of [first, second]) await visitor.context.close()
})

test('an agent passes on, asks for help and puts back, each with a reason that colleagues read and the visitor does not', async ({ browser, demo, workbench }) => {
  test.setTimeout(120_000)
  const { mei, sam } = await open(demo, workbench)
  await status(sam, 'Away')
  const { visitor, text } = await arrive(browser, demo)
  await mine(mei)
  await mei.row(text).click()
  await mei.answer('One moment, please.')

  await mei.page.getByRole('button', { name: 'Invite' }).click()
  const sams = mei.page.getByRole('option', { name: /^Sam · Away/ })
  await mei.page.getByRole('dialog').getByRole('combobox').selectOption((await sams.getAttribute('value'))!)
  await mei.page.getByRole('button', { name: 'a second opinion' }).click()
  await mei.page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click()
  await expect(mei.log).toContainText('asked Sam to take part · a second opinion')
  await expect(sam.page.getByText(/Mei.* asks you to take part/)).toBeVisible()
  await sam.page.getByRole('button', { name: 'Open' }).click()
  await sam.answer('Sam here as well.')
  await expect(visitor.log.locator('.row.agent')).toContainText(['One moment, please.', 'Sam here as well.'])
  await sam.page.reload()
  await mine(sam)
  await sam.row('Sam here as well.').click() // still among one's own
  await expect(visitor.log).not.toContainText('second opinion')

  await mei.page.getByRole('button', { name: 'Back to queue' }).click()
  await mei.page.getByRole('button', { name: 'I need a break' }).click()
  await mei.page.getByRole('dialog').getByRole('textbox').fill('back at two')
  await mei.page.getByRole('button', { name: 'Put it back' }).click()
  await expect(mei.log).toContainText('put it back into the queue · I need a break · back at two')
  // It does not come back to whoever gave it away; as soon as somebody else is there, they have it.
  await expect(mei.page.getByText('Nobody can take it now.')).toBeVisible()
  await status(sam, 'Online')
  await expect(sam.log).toContainText('Given to Sam')
  await expect(visitor.log).not.toContainText('break')

  await sam.page.getByRole('button', { name: 'Transfer' }).click()
  const meis = sam.page.getByRole('option', { name: /^Mei 小梅 · Online/ })
  await sam.page.getByRole('dialog').getByRole('combobox').selectOption((await meis.getAttribute('value'))!)
  await sam.page.getByRole('button', { name: 'my shift ends' }).click()
  await sam.page.getByRole('dialog').getByRole('button', { name: 'Transfer' }).click()
  await expect(mei.log).toContainText('Sam passed it on to Mei 小梅 · my shift ends')
  await visitor.context.close()
})

test('rules are reordered with the keyboard, and a team has hours', async ({ demo, workbench }) => {
  test.setTimeout(120_000)
  const { admin } = await open(demo, workbench)
  await admin.goto(new URL('/console/routing/rules', admin.url()).href)
  const names = async () => (await admin.getByRole('region').or(admin.locator('section')).filter({ has: admin.getByRole('heading', { name: 'Who should' }) }).locator('.what strong').allInnerTexts())
  await admin.getByRole('heading', { name: 'Who should' }).waitFor()
  const before = await names()
  const last = before.at(-1)!
  const up = admin.getByRole('button', { name: `Move ${last} up` })
  await up.focus()
  await admin.keyboard.press('ArrowUp')
  await admin.keyboard.press('ArrowUp')
  expect((await names()).indexOf(last)).toBe(before.length - 3)
  await admin.getByRole('button', { name: 'Save' }).click()
  await expect(admin.getByText('Saved. It counts from now on.')).toBeVisible()
  await admin.reload()
  await admin.getByRole('heading', { name: 'Who should' }).waitFor()
  expect((await names()).indexOf(last)).toBe(before.length - 3)

  await admin.goto(new URL('/console/routing/teams', admin.url()).href)
  const name = `Night ${Math.random().toString(36).slice(2, 6)}`
  await admin.getByRole('button', { name: 'New team' }).click()
  await admin.getByLabel('Name', { exact: true }).fill(name)
  await admin.getByRole('button', { name: 'Make the team' }).click()
  const team = admin.getByRole('article', { name })
  await team.getByRole('button', { name: 'Edit' }).click()
  await team.getByLabel('Add a person').selectOption({ label: 'Sam' })
  await team.getByLabel('This team has working hours').click()
  await team.getByRole('button', { name: 'Save' }).click()
  await expect(team).toContainText('Members: 1')
  await expect(team).toContainText('has working hours')
  await admin.reload()
  await expect(admin.getByRole('article', { name })).toContainText('has working hours')
  await admin.getByRole('article', { name }).getByRole('button', { name: 'Edit' }).click()
  await admin.getByRole('article', { name }).getByRole('button', { name: 'Delete' }).click()
  await admin.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(admin.getByRole('article', { name })).toHaveCount(0)
  await admin.goto(new URL('/console/routing/rules', admin.url()).href) // its hours went with it: the rules can still be saved
  await admin.getByRole('switch', { name: 'Whom they talked to last' }).click()
  await admin.getByRole('button', { name: 'Save' }).click()
  await expect(admin.getByText('Saved. It counts from now on.')).toBeVisible()
})
