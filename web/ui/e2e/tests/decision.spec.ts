import { type APIRequestContext } from '@playwright/test'
import { expect, test, Visitor } from '../fixtures.ts'
import type { Server } from '../server.ts'

test('words under a question back choose from it, like its buttons', async ({ visitor }) => {
  await visitor.say('battery')
  const menu = visitor.answers.first()
  await expect(menu).toContainText('Which of these do you mean?')
  const second = await menu.getByRole('button').nth(1).innerText()
  await visitor.say('the second one')
  await expect(visitor.answers.nth(1)).toContainText(`Source: ${second}`)
})

test('a title typed with a slip is a choice', async ({ visitor }) => {
  await visitor.say('battery')
  await expect(visitor.answers.first()).toContainText('Which of these do you mean?')
  await visitor.say('TH01 batery and how to change it')
  await expect(visitor.answers.nth(1)).toContainText('Source: TH01 battery and how to change it')
})

test('none of these, in words, leads to other offers or to a person', async ({ browser, demo }) => {
  const visitor = await Visitor.open(browser, demo.url, { locale: 'zh-CN' })
  await visitor.say('电池')
  const menu = visitor.answers.first()
  await expect(menu.getByRole('button', { name: '都不是' })).toBeVisible()
  const offered = await menu.getByRole('button').allInnerTexts()
  await visitor.say('都不是')
  const next = visitor.answers.nth(1).or(visitor.log.locator('.system'))
  await expect(next).toBeVisible()
  for (const title of offered.filter(text => text !== '都不是')) await expect(next.getByRole('button', { name: title, exact: true })).toHaveCount(0)
  await visitor.context.close()
})

test('the next steps under an answer are answered when pressed or named', async ({ visitor }) => {
  await visitor.say('How long does delivery take?')
  const answer = visitor.answers.first()
  await expect(answer).toContainText('Source: When it ships and how long delivery takes')
  const steps = answer.locator('button.choice:not(.quiet)')
  await expect(steps.first()).toBeVisible()
  const [first, second] = await steps.allInnerTexts()
  await steps.first().click()
  await expect(visitor.answers.nth(1)).toContainText(`Source: ${first}`)
  await expect(answer.getByRole('button', { name: first, exact: true })).toHaveCount(0)
  if (second) {
    await visitor.say(second)
    await expect(visitor.answers.nth(2)).toContainText(`Source: ${second}`)
  }
})

test('the same question three times ends with a person', async ({ visitor }) => {
  for (const [i, question] of ['How long does delivery take?', 'how long does delivery take', 'how long does delivery take?'].entries()) {
    await visitor.say(question)
    if (i < 2) await expect(visitor.answers).toHaveCount(i + 1)
  }
  await expect(visitor.log.locator('.system')).toContainText('round in circles')
})

test('with nobody online the visitor is told the hours, an address that is typed is kept, and the bot goes on answering', async ({ visitor, demo, request }) => {
  await hours(demo, request, { zone: 'Asia/Shanghai', week: [{ day: 'mon', open: '09:00', close: '18:00' }] })
  await presence(demo, request, 'offline')
  try {
    await visitor.say('can I talk to a human')
    const line = visitor.log.locator('.system')
    await expect(line).toContainText('Nobody is online right now.')
    await expect(line).toContainText('Our hours are Monday 09:00–18:00 (UTC+8).')
    await expect(line).toContainText('e-mail address')
    await visitor.say('my address is li.wei@example.com')
    await expect(visitor.answers.last()).toContainText('I have noted your e-mail address')
    await expect(visitor.chat.getByText('We will write to li.wei@example.com.')).toBeVisible()
    await visitor.say('How long does delivery take?')
    await expect(visitor.answers.last()).toContainText('Source: When it ships and how long delivery takes')
    await expect(visitor.chat.locator('.queue')).toBeVisible()
  } finally {
    await presence(demo, request, 'online')
    await hours(demo, request, undefined)
  }
})

test('who asks for a person by the button at night is told when people are back', async ({ visitor, demo, request }) => {
  const always = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map(day => ({ day, open: '00:00', close: '24:00' }))
  await hours(demo, request, { zone: 'Asia/Shanghai', week: always })
  await presence(demo, request, 'offline')
  try {
    await visitor.say('hello')
    await expect(visitor.answers).toHaveCount(1)
    await visitor.chat.getByRole('button', { name: /person/i }).first().click()
    await expect(visitor.answers.last()).toContainText('24 hours a day')
  } finally {
    await presence(demo, request, 'online')
    await hours(demo, request, undefined)
  }
})

async function signIn(demo: Server, request: APIRequestContext, account: { email: string, password: string }): Promise<string> {
  const { csrf } = await (await request.post(`${demo.url}/api/agent/login`, { data: { email: account.email, password: account.password } })).json() as { csrf: string }
  return csrf
}

/** Sets the presence of everybody who works at the demo shop. */
async function presence(demo: Server, request: APIRequestContext, presence: string): Promise<void> {
  const { admin, agents } = await demo.accounts()
  for (const account of [admin, ...agents]) {
    const csrf = await signIn(demo, request, account)
    await request.post(`${demo.url}/api/agent/presence`, { data: { presence }, headers: { 'X-CSRF-Token': csrf } })
  }
}

/** Sets the shop's business hours; undefined: not known. */
async function hours(demo: Server, request: APIRequestContext, hours: object | undefined): Promise<void> {
  const csrf = await signIn(demo, request, (await demo.accounts()).admin)
  const have = await (await request.get(`${demo.url}/api/admin/bot/settings`)).json() as { version: number, max_clarifications: number }
  const saved = await request.put(`${demo.url}/api/admin/bot/settings`, {
    data: { version: have.version, mode: 'live', percent: 100, answer: 0, clarify: 0, max_clarifications: 0, suggest: 0, generator: false, gate_on: false, gate_worse: 0, hours },
    headers: { 'X-CSRF-Token': csrf },
  })
  expect(saved.status()).toBeLessThan(300)
}
