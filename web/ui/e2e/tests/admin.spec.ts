import { expect, test, Visitor, Workbench } from '../fixtures.ts'
import { Server } from '../server.ts'

test('the one-time address makes the first admin of an empty server', async ({ browser }) => {
  test.setTimeout(120_000)
  const server = await Server.start({ demo: false })
  try {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(server.url + server.setupPath())
    await page.getByRole('button', { name: '中文' }).click()
    await expect(page.getByRole('heading', { name: '设置 Frontdesk' })).toBeVisible()
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByLabel('Your name').fill('Grace')
    await page.getByLabel('E-mail').fill('grace@example.com')
    await page.locator('input[name=password]').fill('a long enough passphrase')
    await page.getByRole('button', { name: 'Create account and sign in' }).click()
    await expect(page.getByRole('heading', { name: 'Knowledge' })).toBeVisible()
    // The address works once.
    await page.goto(server.url + server.setupPath())
    await expect(page.getByText('Frontdesk is already set up.')).toBeVisible()
    await context.clearCookies()
    const again = await Workbench.open(page, server.url, { name: 'Grace', email: 'grace@example.com', password: 'a long enough passphrase' })
    await expect(again.page.getByText('Nobody is waiting. Well done.')).toBeVisible()
    await context.close()
  } finally {
    await server.remove()
  }
})

test('a wrong password is refused and says no more than that', async ({ page, demo }) => {
  await page.goto(`${demo.url}/console/sign-in`)
  await page.getByLabel('E-mail').fill('mei@demo.example')
  await page.getByLabel('Password', { exact: true }).fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert')).toHaveText('E-mail or password is wrong.')
})

test('a saved article is what the bot says next, and an archived one is said no more', async ({ browser, workbench, demo }) => {
  const { admin } = await demo.accounts()
  const { page } = await workbench(admin)
  await page.getByRole('link', { name: 'Knowledge' }).click()
  await page.getByRole('link', { name: 'New article' }).click()
  await page.getByLabel('Name in links and files').fill('lantern-festival')
  const english = page.getByRole('region', { name: 'English' })
  await english.getByLabel('Title').fill('Lantern Festival opening hours')
  await english.getByLabel('Question 1', { exact: true }).fill('is the showroom open on lantern festival')
  await english.getByLabel('Question 1', { exact: true }).press('Enter')
  await english.getByLabel('Question 2', { exact: true }).fill('lantern festival opening hours')
  await english.getByLabel('Answer').fill('On **Lantern Festival** we open at noon.')
  await english.getByRole('button', { name: 'Publish' }).click()
  await expect(page.getByText('Published, version 1.')).toBeVisible()

  const visitor = await Visitor.open(browser, demo.url)
  await visitor.say('Is the showroom open on Lantern Festival?')
  await expect(visitor.answers.first()).toContainText('On Lantern Festival we open at noon.')

  await english.getByLabel('Answer').fill('On **Lantern Festival** we open at ten.')
  await english.getByRole('button', { name: 'Publish' }).click()
  await expect(page.getByText('Published, version 2.')).toBeVisible()
  await visitor.say('Is the showroom open on Lantern Festival?')
  await expect(visitor.answers.nth(1)).toContainText('we open at ten.')

  await english.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Archive' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click()
  await expect(page.getByText('Archived. The bot says it no more.')).toBeVisible()
  await visitor.say('Is the showroom open on Lantern Festival?')
  await expect(visitor.mine('Is the showroom open')).toHaveCount(3)
  await expect(visitor.log.locator('.row.bot, .system').nth(2)).not.toContainText('we open at')
  await visitor.context.close()
})

test('two people who edit one article do not overwrite each other unseen', async ({ workbench, demo }) => {
  const { admin } = await demo.accounts()
  const [one, two] = [(await workbench(admin)).page, (await workbench(admin)).page]
  for (const page of [one, two]) await page.goto(`${demo.url}/console/knowledge/about-shop?locale=en`)
  const english = (page: typeof one) => page.getByRole('region', { name: 'English' })
  await expect(english(two).getByLabel('Title')).not.toHaveValue('')
  await english(one).getByLabel('Title').fill('About us')
  await expect(english(one).getByText(/Draft saved/)).toBeVisible()
  await english(two).getByLabel('Title').fill('About this shop')
  await expect(two.getByText('Somebody else changed this draft.')).toBeVisible()
  await expect(english(two).getByLabel('Title')).toHaveValue('About this shop')
  await two.getByRole('button', { name: 'Save mine over it' }).click()
  await expect(english(two).getByText(/Draft saved/)).toBeVisible()
  await english(two).getByRole('button', { name: 'Publish' }).click()
  await expect(two.getByText(/Published, version/)).toBeVisible()
})

test('the question box shows what the bot would do', async ({ workbench, demo }) => {
  const { page } = await workbench((await demo.accounts()).admin)
  await page.getByRole('link', { name: 'Knowledge' }).click()
  await page.getByLabel('What a visitor might ask…').fill('who pays for return shipping')
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
  await expect(page.getByRole('link', { name: 'return-freight' })).toBeVisible()
})
