import { expect, test, Visitor } from '../fixtures.ts'

test('a visitor asks in English and gets the right article with its source', async ({ visitor }) => {
  await visitor.say('How long does delivery take?')
  const answer = visitor.answers.first()
  await expect(answer).toContainText('Jiangsu, Zhejiang, Shanghai: 1–2 days')
  await expect(answer).toContainText('Bot')
  await answer.getByText('Source: When it ships and how long delivery takes').click()
  await expect(answer).toContainText('word for word')
})

test('a visitor asks in Chinese and gets the right article with its source', async ({ browser, demo }) => {
  const visitor = await Visitor.open(browser, demo.url, { locale: 'zh-CN' })
  await expect(visitor.chat.getByText('您好！有什么可以帮您？')).toBeVisible()
  await visitor.say('几天能到货？')
  const answer = visitor.answers.first()
  await expect(answer).toContainText('江浙沪：1–2 天')
  await expect(answer.getByText('来源: 多久发货、几天能到')).toBeVisible()
  await visitor.context.close()
})

test('an unclear question is answered by buttons, and the pressed one brings its article', async ({ visitor }) => {
  await visitor.say('battery')
  await expect(visitor.answers.first()).toContainText('Which of these do you mean?')
  await visitor.answers.first().getByRole('button', { name: 'TH01 battery and how to change it' }).click()
  await expect(visitor.answers.nth(1)).toContainText('Source: TH01 battery and how to change it')
  await expect(visitor.answers.first().getByRole('button')).toHaveCount(0)
})

test('the answers of the bot run the ONNX model', async ({ visitor, demo }) => {
  const questions = ['order status', 'installments', 'which courier do you use', 'track package', 'gift wrap', 'foreign credit card', 'warranty length', 'return address', 'forgot password', 'coupon not working', 'delete account', 'paper invoice']
  const before = await demo.metric('frontdesk_inference_runs_total')
  const start = Date.now()
  for (const [i, question] of questions.entries()) {
    await visitor.say(question)
    await expect(visitor.answers).toHaveCount(i + 1)
  }
  const rise = await demo.metric('frontdesk_inference_runs_total') - before
  expect(rise).toBeGreaterThanOrEqual(questions.length)
  // The readiness probe runs the model once a second: it alone could not have raised the count so far.
  expect((Date.now() - start) / 1000 + 1).toBeLessThan(questions.length)
})

test('Enter that belongs to an input method does not send', async ({ visitor }) => {
  await visitor.field.fill('wo xiang tui huo')
  await visitor.field.evaluate((field) => {
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }))
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 13, isComposing: true, bubbles: true, cancelable: true }))
  })
  await expect(visitor.field).toHaveValue('wo xiang tui huo')
  await expect(visitor.mine('wo xiang')).toHaveCount(0)
  await visitor.field.press('Enter')
  await expect(visitor.mine('wo xiang tui huo')).toHaveCount(1)
})

test('a draft and the conversation survive a reload', async ({ visitor }) => {
  await visitor.say('How long does delivery take?')
  await expect(visitor.answers).toHaveCount(1)
  await visitor.field.fill('and to Tib')
  await visitor.page.reload()
  await visitor.show()
  await expect(visitor.field).toHaveValue('and to Tib')
  await expect(visitor.mine('How long does delivery take?')).toHaveCount(1)
  await expect(visitor.answers).toHaveCount(1)
})

test('with nobody online the visitor stays in the queue and leaves an e-mail address', async ({ visitor, demo, request }) => {
  const { admin, agents } = await demo.accounts()
  for (const account of [admin, ...agents]) {
    const { csrf } = await (await request.post(`${demo.url}/api/agent/login`, { data: { email: account.email, password: account.password } })).json() as { csrf: string }
    await request.post(`${demo.url}/api/agent/presence`, { data: { presence: 'offline' }, headers: { 'X-CSRF-Token': csrf } })
  }
  await visitor.say('can I talk to a human')
  await expect(visitor.chat.getByText('Nobody is online right now', { exact: true })).toBeVisible()
  await visitor.chat.getByLabel('Your e-mail address').fill('not an address')
  await visitor.chat.getByRole('button', { name: 'Save' }).click()
  await expect(visitor.chat.getByRole('alert')).toHaveText('Please check the address.')
  await visitor.chat.getByLabel('Your e-mail address').fill('li.wei@example.com')
  await visitor.chat.getByRole('button', { name: 'Save' }).click()
  await expect(visitor.chat.getByText('We will write to li.wei@example.com.')).toBeVisible()
  await visitor.page.reload()
  await visitor.show()
  await expect(visitor.chat.getByText('We will write to li.wei@example.com.')).toBeVisible()
  for (const account of [admin, ...agents]) {
    const { csrf } = await (await request.post(`${demo.url}/api/agent/login`, { data: { email: account.email, password: account.password } })).json() as { csrf: string }
    await request.post(`${demo.url}/api/agent/presence`, { data: { presence: 'online' }, headers: { 'X-CSRF-Token': csrf } })
  }
})

test('the page loads nothing of the chat but the loader until it is opened, Esc closes and returns the focus', async ({ browser, demo }) => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const asked: string[] = []
  page.on('request', request => asked.push(new URL(request.url()).pathname))
  await page.goto(`${demo.url}/demo`)
  const launcher = page.getByRole('button', { name: 'Open chat' })
  await launcher.waitFor()
  expect(asked.filter(path => /^\/(?:api|ws)\/|index\.html/.test(path))).toEqual([])
  expect(await context.cookies()).toEqual([])
  await launcher.press('Enter')
  const field = page.frameLocator('iframe').getByRole('textbox')
  await expect(field).toBeFocused()
  await field.press('Escape')
  await expect(page.locator('iframe')).toBeHidden()
  await expect(launcher).toBeFocused()
  await context.close()
})

test('on a phone the chat fills the screen', async ({ browser, demo }) => {
  const visitor = await Visitor.open(browser, demo.url, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
  expect(await visitor.page.locator('iframe').boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 844 })
  expect(await visitor.field.evaluate(field => Number.parseFloat(getComputedStyle(field).fontSize))).toBeGreaterThanOrEqual(16)
  await visitor.context.close()
})
