import { createHmac } from 'node:crypto'
import type { Locator, Page } from '@playwright/test'
import { expect, test, Visitor, type Workbench } from '../fixtures.ts'
import { Server } from '../server.ts'

/** A token as a site's own server signs it (RFC 7515). */
function sign(secret: string, claims: Record<string, unknown>): string {
  const part = (data: unknown) => Buffer.from(JSON.stringify(data)).toString('base64url')
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp: Math.floor(Date.now() / 1000) + 3600, ...claims })}`
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`
}

/** Calls the widget as the site's page does. */
async function call(page: Page, ...values: unknown[]): Promise<void> {
  await page.evaluate(given => (window as unknown as { Frontdesk: (...values: unknown[]) => void }).Frontdesk(...given), values)
}

/** Opens the conversation that was begun last, and returns the panel about its visitor. */
async function openNewest(agent: Workbench, url: string): Promise<Locator> {
  await agent.page.goto(`${url}/console/inbox/all`)
  await (await agent.newest()).click()
  return agent.page.getByRole('region', { name: 'Contact' })
}

// Two or three browsers each, on machines that are busy with other tests.
test.describe.configure({ timeout: 120_000 })

let secret = ''

test('a site makes its secret and says what it keeps about contacts', async ({ workbench, demo }) => {
  const { page } = await workbench((await demo.accounts()).admin)
  await page.getByRole('link', { name: 'Contacts' }).click()
  await page.getByRole('link', { name: 'Settings' }).click()
  await expect(page.getByText('There is no secret yet')).toBeVisible()
  await page.getByRole('button', { name: 'Make a secret' }).click()
  await expect(page.getByText('This secret is shown only now.')).toBeVisible()
  secret = (await page.locator('.secret code').textContent()) ?? ''
  expect(secret.length).toBeGreaterThan(40)

  await page.getByRole('button', { name: 'Add an attribute' }).click()
  await page.getByLabel('Key').fill('Plan!')
  await expect(page.getByText('Small letters, digits and underscores, a letter first.')).toBeVisible()
  await page.getByLabel('Key').fill('plan')
  await page.getByLabel('Label (English)').fill('Plan')
  await page.getByLabel('Label (Chinese)').fill('套餐')
  await page.getByLabel('Type').selectOption('choice')
  await page.getByLabel('Options').fill('free\npro')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
  await page.reload()
  await expect(page.getByLabel('Options')).toHaveValue('free\npro')
  await expect(page.getByText(secret)).toHaveCount(0)
})

test('who signs in keeps the conversation on every device, and signing out leaves nothing behind', async ({ browser, demo, workbench }) => {
  expect(secret, 'the test before makes it').not.toBe('')
  const question = 'do you deliver to the moon and back'
  const first = await Visitor.open(browser, demo.url, { locale: 'en' })
  await first.say(question)
  await expect(first.mine(question)).toHaveCount(1)
  await call(first.page, 'identify', sign(secret, { sub: 'cust-7', name: 'Mina Park', email: 'mina@example.com', attributes: { plan: 'pro' } }))
  const agent = await workbench()
  const panel = await openNewest(agent, demo.url)
  await expect(panel.getByRole('heading', { name: 'Mina Park' })).toBeVisible({ timeout: 15_000 })
  await expect(panel.getByText('Identified')).toBeVisible()
  await expect(panel.getByText('mina@example.com')).toBeVisible()
  await expect(panel.getByText('pro', { exact: true })).toBeVisible()
  // The same socket's page goes on writing, under the new token.
  await first.say('and on Sundays?')
  await expect(first.mine('and on Sundays?')).toHaveCount(1)
  await expect(agent.log.getByText('and on Sundays?')).toBeVisible()

  // Another device of the same customer shows the same conversation.
  const phone = await Visitor.open(browser, demo.url, { locale: 'en' })
  await call(phone.page, 'identify', sign(secret, { sub: 'cust-7' }))
  await expect(phone.mine(question)).toHaveCount(1)
  await phone.say('from the phone')
  await expect(first.log.getByText('from the phone')).toBeVisible()

  // A token that proves nothing changes nothing, and the page hears of it.
  await first.page.evaluate(() => {
    const page = window as unknown as { Frontdesk: (...values: unknown[]) => void, said: string[] }
    page.said = []
    page.Frontdesk('on', 'identity', (state: string) => page.said.push(state))
  })
  await call(first.page, 'identify', sign('another secret', { sub: 'cust-8' }))
  await expect.poll(() => first.page.evaluate(() => (window as unknown as { said: string[] }).said)).toContain('refused')
  await expect(first.mine(question)).toHaveCount(1)

  // Signing out empties this device; the next person sees and continues nothing, the other device does.
  await first.field.fill('a half-written thought')
  await call(first.page, 'logout')
  await expect(first.mine(question)).toHaveCount(0)
  await expect(first.field).toHaveValue('')
  await first.page.reload()
  await first.show()
  await expect(first.log.getByText('from the phone')).toHaveCount(0)
  await first.say('a stranger at the same computer')
  await expect(first.mine('a stranger at the same computer')).toHaveCount(1)
  await phone.page.reload()
  await phone.show()
  await expect(phone.mine(question)).toHaveCount(1)
  await expect(phone.log.getByText('a stranger')).toHaveCount(0)
  await first.context.close()
  await phone.context.close()
})

test('an agent corrects a name, finds the contact and what they wrote before', async ({ browser, demo, workbench }) => {
  const visitor = await Visitor.open(browser, demo.url, { locale: 'en' })
  const words = 'my samovar sings out of tune'
  await visitor.say(words)
  await expect(visitor.mine(words)).toHaveCount(1)
  const agent = await workbench()
  const panel = await openNewest(agent, demo.url)
  await expect(panel.getByText('Anonymous')).toBeVisible()
  await expect(panel.getByText('1 visit')).toBeVisible()
  await expect(panel.getByText(/Chrome/)).toBeVisible()
  await panel.getByRole('button', { name: 'Edit' }).click()
  await panel.getByLabel('Name').fill('Oda Nobu')
  await panel.getByLabel('E-mail').fill('not an address')
  await panel.getByRole('button', { name: 'Save' }).click()
  await expect(panel.getByRole('alert')).toContainText('email must look like')
  await panel.getByLabel('E-mail').fill('oda@example.com')
  await panel.getByRole('button', { name: 'Save' }).click()
  await expect(panel.getByRole('heading', { name: 'Oda Nobu' })).toBeVisible()
  await panel.getByRole('link', { name: 'Open contact' }).click()
  const { page } = agent
  await expect(page.getByRole('heading', { level: 1, name: 'Oda Nobu' })).toBeVisible()
  await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(1)
  await page.getByRole('link', { name: 'All contacts' }).click()
  await page.getByRole('searchbox').fill('oda@exam')
  const row = page.getByRole('region', { name: 'Contacts' }).getByRole('link')
  await expect(row).toHaveCount(1)
  await expect(row).toContainText('Oda Nobu')
  await page.getByRole('searchbox').fill('nobody of that name')
  await expect(page.getByText('Nobody fits.')).toBeVisible()

  // Two colleagues at once: the second save does not overwrite the first.
  await page.goBack()
  await expect(page.getByRole('heading', { level: 1, name: 'Oda Nobu' })).toBeVisible()
  const other = await workbench((await demo.accounts()).admin)
  await other.page.goto(page.url())
  await other.page.getByRole('button', { name: 'Edit' }).click()
  await other.page.getByLabel('Phone').fill('+49 30 1234')
  await other.page.getByRole('button', { name: 'Save' }).click()
  await expect(other.page.getByText('+49 30 1234')).toBeVisible()
  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Phone').fill('+49 30 9999')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('alert')).toContainText('Somebody changed this contact meanwhile')
  await visitor.context.close()
})

test('a merge by hand shows two contacts as one, disturbs nobody and is taken back', async ({ browser, demo, workbench }) => {
  const one = await Visitor.open(browser, demo.url, { locale: 'en' })
  await one.say('the blue kettle, once more')
  await expect(one.mine('the blue kettle, once more')).toHaveCount(1)
  const agent = await workbench((await demo.accounts()).admin)
  const { page } = agent
  await (await openNewest(agent, demo.url)).getByRole('link', { name: 'Open contact' }).click()
  await expect(page.getByText('Nobody has proved who this is.')).toBeVisible()
  await page.getByRole('button', { name: 'Merge' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('searchbox').fill('mina')
  await dialog.getByText('Mina Park').click()
  await dialog.getByRole('button', { name: 'Merge into Mina Park' }).click()
  await expect(page.getByText('Merged.')).toBeVisible()
  await expect(page.getByRole('heading', { level: 1, name: 'Mina Park' })).toBeVisible()
  await expect(page.getByText('Merged contacts')).toBeVisible()
  await one.say('still my own chat')
  await expect(one.mine('still my own chat')).toHaveCount(1)
  await page.getByRole('button', { name: 'Separate' }).click()
  await expect(page.getByText('Separated.')).toBeVisible()
  await one.context.close()
})

test('a blocked visitor keeps their text and may write again once the block is lifted', async ({ browser, demo, workbench }) => {
  const visitor = await Visitor.open(browser, demo.url, { locale: 'zh-CN' })
  await visitor.say('你好，我想捣乱')
  await expect(visitor.mine('你好，我想捣乱')).toHaveCount(1)
  const agent = await workbench()
  const panel = await openNewest(agent, demo.url)
  await panel.getByRole('button', { name: 'Block' }).click()
  const dialog = agent.page.getByRole('dialog')
  await dialog.getByText('1 hour').click()
  await dialog.getByLabel(/Reason/).fill('insults')
  await dialog.getByRole('button', { name: 'Block' }).click()
  await expect(panel.getByText('Blocked')).toBeVisible()
  await visitor.say('还能发吗')
  const row = visitor.log.locator('.row.mine').filter({ hasText: '还能发吗' })
  await expect(row).toContainText('目前无法在此发送消息，您的文字已保留。')
  await agent.page.getByRole('link', { name: 'Contacts' }).click()
  await agent.page.getByRole('link', { name: 'Block list' }).click()
  await expect(agent.page.getByText('insults')).toBeVisible()
  await agent.page.getByRole('listitem').filter({ hasText: 'insults' }).getByRole('button', { name: 'Unblock' }).click()
  await expect(agent.page.getByText('They can write again.')).toBeVisible()
  await row.getByRole('button', { name: '重试' }).click()
  await expect(row).not.toContainText('目前无法')
  await expect(agent.page.getByText('Nobody is blocked.')).toBeVisible()
  await visitor.context.close()
})

test('what looks like spam is marked with its reasons, and an agent who knows better takes the mark off', async ({ browser, demo, workbench }) => {
  const visitor = await Visitor.open(browser, demo.url, { locale: 'en' })
  const words = `backlinks ${Date.now()}`
  await visitor.say(`Guaranteed income with our SEO service, ${words}: https://a.example/x and https://b.example/y`)
  await expect(visitor.mine(words)).toHaveCount(1)
  const agent = await workbench()
  const panel = await openNewest(agent, demo.url)
  const mark = panel.getByRole('note').filter({ hasText: 'May be spam' })
  await expect(mark).toContainText('“seo service”')
  await expect(mark).toContainText('2 links in one message')
  // It is only a mark: the visitor goes on as before.
  await visitor.say('an honest question')
  await expect(visitor.mine('an honest question')).toHaveCount(1)

  // Who looks for what is marked finds the contact, until it is unmarked.
  const { page } = agent
  const contact = await panel.getByRole('link', { name: 'Open contact' }).getAttribute('href')
  const listed = page.getByRole('region', { name: 'Contacts' }).locator(`a[href="${contact}"]`)
  await page.goto(`${demo.url}/console/contacts/people`)
  await page.getByLabel('Show').selectOption({ label: 'Looks like spam' })
  await expect(listed).toHaveCount(1)
  await listed.click()
  await page.getByRole('button', { name: 'Not spam' }).click()
  await expect(page.getByText('May be spam')).toHaveCount(0)
  await page.reload()
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page.getByText('May be spam')).toHaveCount(0)
  await visitor.say(`Guaranteed income with our SEO service, ${words}, again`)
  await expect(visitor.mine(`${words}, again`)).toHaveCount(1)
  const later = await openNewest(agent, demo.url)
  await expect(agent.log).toContainText(`${words}, again`)
  await expect(later.getByRole('note').filter({ hasText: 'May be spam' })).toHaveCount(0)
  await visitor.context.close()
})

test('who writes too fast is told when it goes on, and every message arrives once', async ({ browser }) => {
  test.setTimeout(180_000)
  process.env.FRONTDESK_WEB_SENDS_PER_SECOND = '1' // four at once
  const server = await Server.start({ demo: true })
  try {
    const visitor = await Visitor.open(browser, server.url, { locale: 'en' })
    await server.kill() // so that all are there to be sent at once, however slowly they are typed here
    for (let i = 1; i <= 8; i++) await visitor.say(`line ${i}`)
    await server.up()
    await expect(visitor.log.getByText(/A little slower, please: this is sent by itself in \d+ s/).first()).toBeVisible({ timeout: 30_000 })
    await expect(visitor.log.locator('.row.mine.pending')).toHaveCount(0, { timeout: 60_000 })
    await visitor.page.reload()
    await visitor.show()
    for (let i = 1; i <= 8; i++) await expect(visitor.mine(`line ${i}`)).toHaveCount(1)
    await visitor.context.close()
  } finally {
    delete process.env.FRONTDESK_WEB_SENDS_PER_SECOND
    await server.remove()
  }
})
