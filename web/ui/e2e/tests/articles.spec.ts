import type { Page } from '@playwright/test'
import { expect, test, Visitor } from '../fixtures.ts'

const english = (page: Page) => page.getByRole('region', { name: 'English' })

/** Opens the editor of a new article and writes its English text. */
async function write(page: Page, url: string, id: string, title: string, questions: string[], answer: string) {
  await page.goto(`${url}/console/knowledge/new`)
  await page.getByLabel('Name in links and files').fill(id)
  const sheet = english(page)
  await sheet.getByLabel('Title').fill(title)
  for (const [i, question] of questions.entries()) {
    if (i > 0) await sheet.getByLabel(`Question ${i}`, { exact: true }).press('Enter')
    await sheet.getByLabel(`Question ${i + 1}`, { exact: true }).fill(question)
  }
  await sheet.getByLabel('Answer').fill(answer)
}
const saved = (page: Page) => expect(english(page).getByText(/Draft saved/)).toBeVisible()
async function more(page: Page, item: string) {
  await english(page).getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

test('a draft goes through review, is published, and only then does the visitor get it', async ({ browser, workbench, demo }) => {
  const { admin } = await demo.accounts()
  const writer = (await workbench(admin)).page
  await write(writer, demo.url, 'rooftop-garden', 'Rooftop garden', ['may I see the rooftop garden', 'rooftop garden visiting hours', 'is there a roof garden'], 'The **rooftop garden** opens at nine.')
  await saved(writer)
  const visitor = await Visitor.open(browser, demo.url)
  await visitor.say('May I see the rooftop garden?')
  await expect(visitor.log.locator('.row.bot, .system').first()).not.toContainText('opens at nine')

  await more(writer, 'Ask for review')
  await writer.getByLabel('What should they look at?').fill('Is nine right?')
  await writer.getByRole('button', { name: 'Ask for review' }).last().click()
  await expect(writer.getByText('Waits for a review.')).toBeVisible()

  const reviewer = (await workbench(admin)).page
  await reviewer.goto(`${demo.url}/console/knowledge?show=review`)
  await reviewer.getByRole('link', { name: 'Rooftop garden' }).click()
  await expect(reviewer.getByText('Is nine right?')).toBeVisible()
  await english(reviewer).getByRole('button', { name: 'Send back' }).click()
  await reviewer.getByLabel('What is to be changed?').fill('It is ten.')
  await reviewer.getByRole('button', { name: 'Send back' }).last().click()
  await expect(reviewer.getByText('Sent back.')).toBeVisible()

  await writer.reload()
  await expect(writer.getByText('It is ten.')).toBeVisible()
  await english(writer).getByLabel('Answer').fill('The **rooftop garden** opens at ten.')
  await saved(writer)
  await english(writer).getByRole('button', { name: 'Publish' }).click()
  await expect(writer.getByText('Published, version 1.')).toBeVisible()
  const another = await Visitor.open(browser, demo.url)
  await another.say('May I see the rooftop garden?')
  await expect(another.answers.first()).toContainText('The rooftop garden opens at ten.')
  await visitor.context.close()
  await another.context.close()
})

test('rollback takes effect at once', async ({ browser, workbench, demo }) => {
  const { page } = await workbench((await demo.accounts()).admin)
  await write(page, demo.url, 'bicycle-stand', 'Bicycle stand', ['where can I park my bicycle', 'bicycle stand', 'is there a bike rack'], 'The bicycle stand is in the yard.')
  await english(page).getByRole('button', { name: 'Publish' }).click()
  await expect(page.getByText('Published, version 1.')).toBeVisible()
  await english(page).getByLabel('Answer').fill('The bicycle stand is in the cellar.')
  await english(page).getByRole('button', { name: 'Publish' }).click()
  await expect(page.getByText('Published, version 2.')).toBeVisible()
  const visitor = await Visitor.open(browser, demo.url)
  await visitor.say('Where can I park my bicycle?')
  await expect(visitor.answers.first()).toContainText('in the cellar')

  await more(page, 'History')
  await expect(page.getByText('cellar').last()).toBeVisible()
  await page.getByRole('button', { name: /^Version 1/ }).click()
  await page.getByRole('button', { name: 'Go back to version 1' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Go back to version 1' }).last().click()
  await expect(page.getByText('Version 1 is live again, as version 3.')).toBeVisible()
  await visitor.say('Where can I park my bicycle?')
  await expect(visitor.answers.nth(1)).toContainText('in the yard')
  await expect(english(page).getByLabel('Answer')).toHaveValue('The bicycle stand is in the yard.')
  await visitor.context.close()
})

test('a scheduled draft goes live by itself and cannot be changed until then', async ({ browser, workbench, demo }) => {
  const { page } = await workbench((await demo.accounts()).admin)
  await write(page, demo.url, 'night-market', 'Night market', ['when is the night market', 'night market dates', 'is there a night market'], 'The night market is on Fridays.')
  await saved(page)
  await more(page, 'Schedule')
  const at = await page.evaluate(() => {
    const soon = new Date(Date.now() + 9000)
    return new Date(soon.getTime() - soon.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
  })
  await page.getByLabel('When', { exact: true }).fill(at)
  await page.getByRole('button', { name: 'Schedule' }).last().click()
  await expect(page.getByText(/Goes live by itself/)).toBeVisible()
  await expect(english(page).getByLabel('Answer')).toBeDisabled()
  await expect.poll(async () => {
    await page.goto(`${demo.url}/console/knowledge/night-market?locale=en`)
    return english(page).getByText('live 1').isVisible({ timeout: 1000 }).catch(() => false)
  }, { timeout: 30_000 }).toBe(true)
  const visitor = await Visitor.open(browser, demo.url)
  await visitor.say('When is the night market?')
  await expect(visitor.answers.first()).toContainText('on Fridays')
  await visitor.context.close()
})

test('what is odd is shown beside the fields before publishing, and keeps nobody from it', async ({ workbench, demo }) => {
  const { page } = await workbench((await demo.accounts()).admin)
  await write(page, demo.url, 'send-it-back', 'Sending it back', ['7-day return', 'until when may I return it', 'change of mind return'], 'Send it back within 15 days, counted from the day after delivery. See [the rules](rules).')
  const check = page.getByRole('region', { name: 'Check' })
  await expect(check.getByText(/Stands in “return-7-days” already/).first()).toBeVisible()
  await expect(check.getByText('This link cannot work: [the rules](rules)')).toBeVisible()
  await expect(check.getByText('There is no Chinese text.')).toBeVisible()
  await expect(english(page).getByText(/Stands in “return-7-days” already/).first()).toBeVisible()
  await english(page).getByRole('button', { name: 'Publish' }).click()
  await expect(page.getByText('Published, version 1.')).toBeVisible()
  await more(page, 'Archive')
  await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click()
  await expect(page.getByText('Archived. The bot says it no more.')).toBeVisible()
  await page.goto(`${demo.url}/console/knowledge?show=archived`)
  await page.getByRole('link', { name: 'Sending it back' }).click()
  await expect(english(page).getByRole('button', { name: 'Publish again' })).toBeVisible()
})

test('a word that visitors use is added and found at once', async ({ workbench, demo }) => {
  const { page } = await workbench((await demo.accounts()).admin)
  await page.goto(`${demo.url}/console/words`)
  await page.getByRole('region', { name: 'Other names' }).getByRole('button', { name: 'Add' }).click()
  await page.getByLabel('Words', { exact: true }).fill('hygrometer')
  await expect(page.getByRole('button', { name: 'Save' })).toBeDisabled()
  await page.getByLabel('Words', { exact: true }).fill('shipping fee, zorbit')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
  await page.goto(`${demo.url}/console/knowledge`)
  await page.getByLabel('What a visitor might ask…').fill('what is the zorbit')
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
  await expect(page.getByRole('link', { name: 'shipping-fee' })).toBeVisible()
})
