import { expect, test, Visitor } from '../fixtures.ts'

test('a question nobody answers becomes a gap, a draft of the person’s reply, and is answered by the bot', async ({ browser, workbench, demo }) => {
  test.setTimeout(120_000)
  const { admin } = await demo.accounts()
  const question = 'do you sell hammocks for cats with a canopy'
  const reply = 'Yes, the cat hammock with a canopy costs 49 euros and ships within three days.'

  // A visitor asks, the bot has nothing, a person answers and resolves.
  const first = await Visitor.open(browser, demo.url, { locale: 'en' })
  await first.say(question)
  await expect(first.mine(question)).toHaveCount(1)
  await expect(first.chat.getByText(/in the queue|Waiting for a colleague/i).first()).toBeVisible()
  const agent = await workbench()
  await agent.take(question)
  await agent.answer('Hello!')
  await agent.answer(reply)
  await expect(first.log.locator('.row.agent').last()).toContainText('49 euros')
  await agent.page.getByRole('button', { name: 'Resolve' }).click()
  await first.context.close()

  // The gap is on the board with that reply.
  const { page } = await workbench(admin)
  await page.goto(`${demo.url}/console/bot/gaps`)
  const row = page.getByRole('link').filter({ hasText: question })
  await expect(async () => {
    await page.getByRole('button', { name: 'Refresh' }).click()
    await expect(row).toBeVisible({ timeout: 1000 })
    await expect(row).toContainText('A person’s reply is there', { timeout: 1000 })
  }).toPass({ timeout: 30_000 })
  await row.click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText(question)
  await expect(page.locator('blockquote')).toContainText(reply)
  await expect(page.locator('blockquote')).not.toContainText('Hello!')

  // One click to a draft, which says nothing until it is published.
  await page.getByRole('button', { name: 'New article' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByLabel(/Answer/)).toHaveValue(reply)
  await dialog.getByRole('button', { name: 'Make and open' }).click()
  await expect(page).toHaveURL(/\/console\/knowledge\/do-you-sell-hammocks/)
  const english = page.getByRole('region', { name: 'English' })
  await expect(english.getByLabel('Answer')).toHaveValue(reply)
  await expect(english.getByLabel('Question 1', { exact: true })).toHaveValue(question)
  await english.getByRole('button', { name: 'Publish' }).click()
  await expect(page.getByText('Published, version 1.')).toBeVisible()

  // The same question is answered by the bot; the visitor says that it helped, and that stays.
  const second = await Visitor.open(browser, demo.url, { locale: 'en' })
  await expect(async () => {
    await second.say(question)
    await expect(second.answers.last()).toContainText('49 euros', { timeout: 2000 })
  }).toPass({ timeout: 20_000 })
  const up = second.log.getByRole('button', { name: 'This helped' }).last()
  await up.click()
  await expect(up).toHaveAttribute('aria-pressed', 'true')
  await second.page.reload()
  await second.show()
  await expect(second.log.getByRole('button', { name: 'This helped' }).last()).toHaveAttribute('aria-pressed', 'true')
  await second.context.close()

  // The gap knows it: the board proposes, a person confirms.
  await page.goto(`${demo.url}/console/bot/gaps`)
  await expect(async () => {
    await page.getByRole('button', { name: 'Refresh' }).click()
    await expect(row).toContainText('The bot answers this by now', { timeout: 1000 })
  }).toPass({ timeout: 30_000 })
  await row.click()
  await page.getByRole('button', { name: 'Mark as solved' }).click()
  await expect(page.getByText('Solved. It comes back if visitors ask again.')).toBeVisible()
})

test('the weekly review is judged with the keyboard and counts what was judged', async ({ browser, workbench, demo }) => {
  const visitor = await Visitor.open(browser, demo.url, { locale: 'en' })
  await visitor.say('is cash on delivery possible?')
  await expect(visitor.answers).toHaveCount(1)
  await visitor.context.close()
  const { page } = await workbench((await demo.accounts()).admin)
  await page.goto(`${demo.url}/console/bot/reports`)
  await expect(page.getByText('Answer rate', { exact: true })).toBeVisible()
  await expect(page.getByText('Not enough data').first()).toBeVisible()
  await page.getByRole('link', { name: 'Review answers' }).click()
  await expect(page.getByText(/0 of \d+ judged/)).toBeVisible()
  await page.keyboard.press('3')
  await expect(page.getByText(/1 of \d+ judged/)).toBeVisible()
  await expect(page.getByText(/Wrong so far: 1 of 1/)).toBeVisible()
  await page.keyboard.press('k')
  await page.keyboard.press('0')
  await expect(page.getByText(/0 of \d+ judged/)).toBeVisible()
})
