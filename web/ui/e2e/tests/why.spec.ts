import type { Page } from '@playwright/test'
import { expect, test, Visitor } from '../fixtures.ts'

/** Calls the server as the page's admin. */
async function call<T>(page: Page, method: string, path: string, body?: unknown): Promise<T> {
  return page.evaluate(async ({ method, path, body }) => {
    const me = await (await fetch('/api/agent/me')).json() as { csrf: string }
    const response = await fetch(path, { method, headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': me.csrf }, ...body === undefined ? {} : { body: JSON.stringify(body) } })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return await response.json().catch(() => undefined) as never
  }, { method, path, body }) as Promise<T>
}

test('why the bot said it is told in sentences that a person reads, in both languages', async ({ visitor, workbench, demo }) => {
  await visitor.say('how long does delivery take to my home?')
  await expect(visitor.answers.first()).toBeVisible()
  const { admin } = await demo.accounts()
  const { page } = await workbench(admin)
  await page.goto(`${demo.url}/console/inbox/bot`)
  await page.getByRole('list', { name: 'Conversations' }).getByRole('link').first().click()
  await page.getByRole('button', { name: 'Why?' }).first().click()
  const drawer = page.getByRole('dialog')
  await expect(drawer.getByText('Why did it say that?')).toBeVisible()
  const told = drawer.getByRole('list', { name: 'In short' })
  await expect(told).toContainText(/“how long does delivery take to my home\?”|word for word|asks more than one/)
  await expect(told).toContainText(/\d+ %|word for word/)
  await expect(told).not.toContainText(/undefined|NaN|\{/)
  // The numbers are there for who wants them.
  await expect(drawer.getByText('Thresholds').or(drawer.getByText('Versions'))).not.toBeVisible()
  await drawer.getByText('The numbers').click()
  await expect(drawer.getByText('Versions')).toBeVisible()
  await expect(drawer.getByRole('columnheader', { name: 'meaning' })).toBeVisible()
  // One click keeps it as a test question, another asks it again on the test bench.
  await drawer.getByRole('button', { name: 'Keep as a test question' }).click()
  await expect(drawer.getByText('Kept.')).toBeVisible()
  await drawer.getByRole('link', { name: 'Test this question' }).click()
  await expect(page.getByRole('heading', { name: 'Test bench' })).toBeVisible()
  await expect(page.getByRole('list', { name: 'In short' })).toBeVisible()
  await page.getByRole('tab', { name: 'Test questions' }).click()
  await expect(page.getByText('how long does delivery take to my home?')).toBeVisible()
  await page.getByRole('button', { name: 'Run all' }).click()
  await expect(page.getByText('1 right')).toBeVisible()
})

test('a replay shows before publishing whose answer a working copy takes away, and the gate refuses it', async ({ browser, workbench, demo }) => {
  test.setTimeout(120_000)
  const { admin } = await demo.accounts()
  const { page } = await workbench(admin)
  await page.goto(`${demo.url}/console/bot/replay`)
  const question = 'Is the replay pavilion open at night?'
  const article = { title: 'Replay pavilion at night', questions: [question, 'replay pavilion opening hours at night'], answer: 'Until ten.', version: 0 }
  await call(page, 'PUT', '/api/admin/kb/articles/replay-pavilion/en', article)
  const visitor = await Visitor.open(browser, demo.url)
  await visitor.say(question)
  await expect(visitor.answers.first()).toContainText('Until ten.')
  await call(page, 'PUT', '/api/admin/kb/drafts/replay-pavilion/en', {
    title: 'Where to buy umbrellas', questions: ['where to buy umbrellas', 'do you sell umbrellas'], answer: 'At the till.', revision: 0,
  })
  await page.reload()
  await page.getByLabel('With').selectOption({ label: '“replay-pavilion” (English) published' })
  await page.getByRole('button', { name: 'Replay', exact: true }).click()
  const row = page.getByRole('listitem').filter({ hasText: question })
  await expect(row).toContainText('answered: ', { timeout: 60_000 })
  await expect(row).toContainText('worse')
  await expect(page.getByText('for the worse', { exact: false }).first()).toBeVisible()
  await visitor.context.close()
  // The gate: without a replay of exactly this, and with too much for the worse, the server refuses.
  const setting = await call<Record<string, unknown>>(page, 'GET', '/api/admin/bot/settings')
  const rest = Object.fromEntries(Object.entries(setting).filter(([key]) => !['configured', 'updated_at', 'hours', '$schema'].includes(key)))
  const gated = await call<{ version: number }>(page, 'PUT', '/api/admin/bot/settings', { ...rest, gate_on: true, gate_worse: 0 })
  const draft = (await call<{ drafts: { article: string, locale: string, revision: number }[] }>(page, 'GET', '/api/admin/bot/drafts')).drafts.find(draft => draft.article === 'replay-pavilion')!
  await expect(call(page, 'POST', '/api/admin/kb/publish', { drafts: [draft] })).rejects.toThrow(/409.*replay_needed/)
  await page.getByRole('button', { name: 'Replay', exact: true }).click()
  await expect(row).toContainText('worse', { timeout: 60_000 })
  await expect(call(page, 'POST', '/api/admin/kb/publish', { drafts: [draft] })).rejects.toThrow(/for the worse.*replay_needed/)
  await call(page, 'PUT', '/api/admin/bot/settings', { ...rest, version: gated.version, gate_on: false })
  await call(page, 'POST', '/api/admin/kb/publish', { drafts: [draft] })
})

test('a threshold that is saved on the curve counts within a second', async ({ page: _, workbench, demo }) => {
  const { admin } = await demo.accounts()
  const { page } = await workbench(admin)
  await page.goto(`${demo.url}/console/bot/test?part=threshold`)
  await expect(page.getByRole('img', { name: 'Share answered and share wrong by threshold' })).toBeVisible({ timeout: 60_000 })
  await expect(page.getByText(/At \d+ % it answers \d+ of \d+, of which about \d+ wrong\./)).toBeVisible()
  const slider = page.getByRole('slider')
  await slider.focus()
  await page.keyboard.press('End')
  await expect(page.getByText(/At 100 % it answers/)).toBeVisible()
  await page.getByRole('button', { name: 'Use 100 % here' }).click()
  await expect(page.getByText('In use now.')).toBeVisible()
  const saved = Date.now()
  await expect.poll(async () => {
    const asked = await call<{ why: { packet: { thresholds?: { answer: number } } } }>(page, 'POST', '/api/admin/kb/ask', { text: 'how long does delivery take to my home' })
    return asked.why.packet.thresholds?.answer
  }, { intervals: [50], timeout: 1000 }).toBe(1)
  expect(Date.now() - saved).toBeLessThan(1500)
  await page.getByRole('button', { name: 'Use what was learnt' }).click()
  await expect(page.getByText('In use now.')).toBeVisible()
})

test('in shadow the bot says nothing and a person is told what it would have said', async ({ browser, workbench, demo }) => {
  const { admin } = await demo.accounts()
  const desk = await workbench(admin)
  const { page } = desk
  await page.goto(`${demo.url}/console/bot/settings`)
  await page.getByRole('radio', { name: /Shadow/ }).check()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Every server follows within a second.')).toBeVisible()
  try {
    const visitor = await Visitor.open(browser, demo.url)
    await visitor.say('how long does delivery take?')
    await expect(visitor.log).toContainText(/person|colleague|someone|team|agent/i)
    await expect(visitor.log).not.toContainText('business days')
    await page.goto(`${demo.url}/console/inbox/queue`)
    await (await desk.newest()).click()
    await page.getByRole('button', { name: 'Why?' }).first().click()
    await expect(page.getByRole('dialog')).toContainText('Nothing of this was said')
    await expect(page.getByRole('dialog')).toContainText('It would have said')
    await visitor.context.close()
  } finally {
    await page.goto(`${demo.url}/console/bot/settings`)
    await page.getByRole('radio', { name: /Live/ }).check()
    await page.getByRole('button', { name: 'Save' }).click()
    await expect(page.getByText('Every server follows within a second.')).toBeVisible()
  }
})
