import { readFileSync } from 'node:fs'
import { expect, test, Visitor } from '../fixtures.ts'

test('what was said is found, opened at its place, shown by a link, exported, and forgotten', async ({ browser, workbench, demo }) => {
  test.setTimeout(150_000)
  const { admin } = await demo.accounts()
  const word = `zephyrine${Date.now() % 100_000}`
  const visitor = await Visitor.open(browser, demo.url, { locale: 'en' })
  await visitor.say(`My ${word} lamp arrived broken, I want a human`)
  await expect(visitor.mine(word)).toHaveCount(1)
  const agent = await workbench()
  await agent.take(word)
  await agent.answer('A new one is on its way.')
  await expect(visitor.log.locator('.row.agent').last()).toContainText('on its way')

  // The visitor asks for a transcript in the widget: a page without script, for whoever has the link.
  await visitor.chat.getByRole('button', { name: 'Transcript of this conversation' }).click()
  const open = visitor.chat.getByRole('link', { name: /Open or print your transcript/ })
  const address = new URL(await open.getAttribute('href') ?? '', demo.url).href
  const stranger = await browser.newContext({ javaScriptEnabled: false })
  const paper = await stranger.newPage()
  await paper.goto(address)
  await expect(paper.getByRole('heading', { name: 'Transcript of your conversation' })).toBeVisible()
  await expect(paper.locator('li.visitor')).toContainText(word)
  await expect(paper.locator('li.agent')).toContainText('A new one is on its way.')
  expect(await paper.locator('script').count()).toBe(0)

  // An agent finds it, reads it, and takes a link of their own back.
  const { page } = agent
  await page.goto(`${demo.url}/console/history/search`)
  await page.getByRole('searchbox', { name: 'Search conversations' }).fill(word)
  const hit = page.locator('.hits button').filter({ hasText: word })
  await expect(async () => {
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await expect(hit).toBeVisible({ timeout: 1500 })
  }).toPass({ timeout: 30_000 })
  await expect(hit.locator('mark')).toHaveText(word)
  await expect(page.getByRole('link', { name: 'Privacy' })).toHaveCount(0)
  await hit.click()
  await expect(page.locator('.past .row.hit')).toContainText(word)
  await expect(page.locator('.past .row.agent')).toContainText('on its way')
  await page.reload()
  await expect(page.locator('.past .row.hit')).toContainText(word)
  await page.locator('.past').getByRole('button', { name: 'Transcript' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Make and copy a link' }).click()
  const own = dialog.locator('.links li').filter({ hasText: 'by ' }).filter({ hasNotText: 'asked for' })
  await expect(own).toHaveCount(1)
  await own.getByRole('button', { name: 'Take back' }).click()
  await expect(own).toContainText('taken back')
  await page.keyboard.press('Escape')

  // An admin exports it, with its progress, and sees that in the record.
  const desk = await workbench(admin)
  await desk.page.addInitScript(() => { delete (globalThis as { showSaveFilePicker?: unknown }).showSaveFilePicker })
  await desk.page.goto(`${demo.url}/console/history/search?q=${word}`)
  await desk.page.getByRole('button', { name: 'Export' }).click()
  await desk.page.getByLabel(/CSV/).check()
  const [file] = await Promise.all([
    desk.page.waitForEvent('download'),
    desk.page.getByRole('dialog').getByRole('button', { name: 'Export' }).click(),
  ])
  expect(file.suggestedFilename()).toBe('conversations.csv')
  expect(readFileSync(await file.path(), 'utf8')).toContain(word)
  await expect(desk.page.getByText(/^Complete:/)).toBeVisible()
  await desk.page.goto(`${demo.url}/console/history/privacy/audit?action=conversations`)
  await expect(desk.page.locator('.act').filter({ hasText: 'conversations.export.done' }).first()).toBeVisible()

  // A policy is looked at before it is saved.
  await desk.page.goto(`${demo.url}/console/history/privacy/retention`)
  const days = desk.page.getByLabel(/Anonymous visitors/)
  await days.fill('soon')
  await expect(desk.page.getByText('A whole number of days').first()).toBeVisible()
  await days.fill('3650')
  await expect(desk.page.getByRole('button', { name: 'Save' })).toBeDisabled()
  await desk.page.getByRole('button', { name: 'What would this delete?' }).click()
  await expect(desk.page.getByText('This would delete nothing now.')).toBeVisible()
  await desk.page.getByRole('button', { name: 'Save' }).click()
  await expect(desk.page.getByText('Saved. The next daily run follows it.')).toBeVisible()

  // The visitor is forgotten: the search, the page behind the link, and the chat know nothing any more.
  await desk.page.goto(`${demo.url}/console/history/search?q=${word}`)
  await desk.page.locator('.hits button').first().click()
  await desk.page.getByRole('button', { name: 'All of this contact' }).click()
  await expect(desk.page).toHaveURL(/contact=/)
  const contact = new URL(desk.page.url()).searchParams.get('contact') ?? ''
  await desk.page.goto(`${demo.url}/console/history/privacy/erase?contact=${contact}`)
  await desk.page.getByRole('button', { name: 'Erase…' }).click()
  const confirm = desk.page.getByRole('dialog')
  await expect(confirm.getByRole('button', { name: 'Erase for good' })).toBeDisabled()
  await confirm.getByRole('textbox', { name: 'erase', exact: true }).fill('erase')
  await confirm.getByRole('button', { name: 'Erase for good' }).click()
  await expect(desk.page.getByText('Erased.', { exact: true })).toBeVisible()
  await expect(desk.page.locator('.receipt').first()).toContainText(contact)
  await paper.reload()
  await expect(paper.getByText('does not open a transcript')).toBeVisible()
  await desk.page.goto(`${demo.url}/console/history/search?q=${word}`)
  await expect(desk.page.getByText('Nothing was found')).toBeVisible()
  await stranger.close()
  await visitor.context.close()
})

test('a Chinese search finds words inside a sentence, on a phone, and Back leads to the results', async ({ browser, workbench, demo }) => {
  test.setTimeout(90_000)
  const visitor = await Visitor.open(browser, demo.url, { locale: 'zh-CN' })
  const code = `QX-${Date.now() % 100_000}`
  await visitor.say(`我想给灯罩换一个琥珀色的流苏,编号 ${code}`)
  await expect(visitor.mine(code)).toHaveCount(1)
  const { page } = await workbench()
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${demo.url}/console/history/search`)
  await page.getByRole('searchbox').fill(`琥珀色的流蘇 ${code}`)
  const hit = page.locator('.hits button').filter({ hasText: code })
  await expect(async () => {
    await page.locator('form.ask button[type=submit]').click()
    await expect(hit).toBeVisible({ timeout: 1500 })
  }).toPass({ timeout: 30_000 })
  await expect(hit.locator('mark').first()).toHaveText('琥珀色的流苏')
  await hit.click()
  await expect(page.locator('.past .row.hit')).toContainText(code)
  await expect(page.getByRole('searchbox')).toBeHidden()
  await page.goBack()
  await expect(hit).toBeVisible()
  await visitor.context.close()
})
