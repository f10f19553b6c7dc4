import { expect, test, Visitor } from '../fixtures.ts'

test('a visitor asks for a person in words, the agent sees it without a reload, and both talk', async ({ visitor, workbench }) => {
  const agent = await workbench()
  const question = `my order ${Date.now()} is wrong, I want to talk to a human`
  await visitor.say(question)
  await agent.take(question)
  await expect(visitor.chat.getByText(/Mei.* has joined/)).toBeVisible()

  await agent.reply.pressSequentially('Hel')
  await expect(visitor.chat.getByLabel(/Mei.* is writing/)).toBeVisible()
  await agent.answer('Hello, what exactly is wrong?')
  await expect(visitor.log.locator('.row.agent')).toContainText('Hello, what exactly is wrong?')

  await visitor.field.pressSequentially('The col')
  await expect(agent.page.getByText(/is writing…/)).toBeVisible()
  await visitor.say('The colour')
  await expect(agent.log).toContainText('The colour')

  await agent.page.getByRole('tab', { name: 'Note' }).click()
  await agent.page.getByRole('textbox', { name: /note/ }).fill('colour mixed up in the warehouse')
  await agent.page.keyboard.press('Enter')
  await expect(agent.log.locator('.message.note')).toContainText('colour mixed up')

  // Reload on both sides keeps everything.
  await Promise.all([visitor.page.reload(), agent.page.reload()])
  await visitor.show()
  await expect(visitor.mine(question)).toHaveCount(1)
  await expect(visitor.log.locator('.row.agent')).toContainText('Hello, what exactly is wrong?')
  await expect(visitor.mine('The colour')).toHaveCount(1)
  await expect(visitor.log).not.toContainText('warehouse')
  await expect(agent.log.locator('.message.visitor')).toHaveCount(2)
  await expect(agent.log.locator('.message.note')).toHaveCount(1)

  await agent.page.getByRole('button', { name: 'Resolve' }).click()
  await expect(visitor.chat.getByText('Conversation closed. Write again at any time.')).toBeVisible()
})

test('an agent takes over from the bot, transfers with a reason and the next one sees it live', async ({ visitor, workbench, demo }) => {
  const { agents } = await demo.accounts()
  const [first, second] = [await workbench(agents[0]), await workbench(agents[1])]
  const question = 'is cash on delivery possible?'
  await visitor.say(question)
  await expect(visitor.answers).toHaveCount(1)
  await first.page.getByRole('link', { name: /With bot/ }).click()
  await first.page.getByRole('list', { name: 'Conversations' }).getByRole('link').first().click()
  await first.page.locator('header').getByRole('button', { name: 'Take over' }).click()
  await first.answer('I am here now.')
  await expect(visitor.log.locator('.row.agent')).toContainText('I am here now.')

  await first.page.getByRole('button', { name: 'Transfer' }).click()
  const sam = first.page.getByRole('option', { name: /^Sam · Online/ })
  await first.page.getByRole('combobox').selectOption((await sam.getAttribute('value'))!)
  await first.page.getByLabel('Reason (optional)').fill('you know payments')
  await first.page.getByRole('dialog').getByRole('button', { name: 'Transfer' }).click()
  await second.page.getByRole('link', { name: /^Mine/ }).click()
  await second.page.getByRole('list', { name: 'Conversations' }).getByRole('link').first().click()
  await expect(second.log).toContainText('I am here now.')
  await expect(second.log).toContainText('you know payments')
  await second.page.getByRole('button', { name: 'Resolve' }).click()
})

test('the server is killed in mid-conversation: nothing is lost or doubled', async ({ visitor, workbench, demo }) => {
  const agent = await workbench()
  const question = `parcel ${Date.now()} is lost, a person please, I want a human agent`
  await visitor.say(question)
  await agent.take(question)
  await agent.answer('Before the fall')
  await expect(visitor.log.locator('.row.agent')).toContainText('Before the fall')

  await demo.kill()
  await expect(visitor.chat.getByText(/No connection\./)).toBeVisible()
  await expect(agent.page.getByText('Connection lost. Trying again…')).toBeVisible()
  await visitor.say('Said into the dark')
  await expect(visitor.mine('Said into the dark')).toHaveCount(1)
  await expect(visitor.log.getByText('Waiting for the connection')).toBeVisible()
  await agent.answer('Answered into the dark')
  await expect(agent.log.getByText('Waiting for the connection')).toBeVisible()
  // The frame's storage keeps the message even when the page is left meanwhile.
  await demo.up()
  await expect(agent.log.locator('.message.visitor')).toHaveText([new RegExp(question), /Said into the dark/])
  await expect(agent.log.locator('.message.agent')).toHaveText([/Before the fall/, /Answered into the dark/])
  await expect(visitor.log.locator('.row.agent .bubble')).toHaveText(['Before the fall', 'Answered into the dark'])
  await expect(visitor.log.getByText('Waiting for the connection')).toHaveCount(0)

  await Promise.all([visitor.page.reload(), agent.page.reload()])
  await visitor.show()
  await expect(visitor.log.locator('.row.mine .bubble')).toHaveText([new RegExp(question), /Said into the dark/])
  await expect(visitor.log.locator('.row.agent .bubble')).toHaveText(['Before the fall', 'Answered into the dark'])
  await expect(agent.log.locator('.message.agent')).toHaveText([/Before the fall/, /Answered into the dark/])
})

test('the way to a person works in Chinese too, on both sides', async ({ browser, workbench, demo }) => {
  const agent = await workbench()
  const visitor = await Visitor.open(browser, demo.url, { locale: 'zh-CN' })
  await visitor.say('我要转人工')
  await expect(visitor.chat.getByText(/您排在第 \d+ 位/)).toBeVisible()
  await agent.page.getByRole('button', { name: /Account and settings/ }).click()
  await agent.page.getByText('中文', { exact: true }).last().click()
  await agent.page.keyboard.press('Escape')
  await agent.row('我要转人工').last().click()
  await agent.page.locator('header').getByRole('button', { name: '接待' }).click()
  await agent.page.getByRole('textbox', { name: '输入回复…' }).fill('您好，请讲。')
  await agent.page.keyboard.press('Enter')
  await expect(visitor.log.locator('.row.agent')).toContainText('您好，请讲。')
  await expect(visitor.chat.getByText(/小梅.*正在为您服务/)).toBeVisible()
  await visitor.context.close()
})
