import type { BrowserContext } from '@playwright/test'
import { expect, test, Visitor, Workbench } from '../fixtures.ts'
import { Server } from '../server.ts'

/** Opens the chat of a page that embeds one of the server's sites. */
async function visit(context: BrowserContext, url: string, site: string): Promise<Visitor> {
  const visitor = new Visitor(context, await context.newPage())
  await visitor.page.route(`${url}/page-of-${site}`, route => route.fulfill({
    contentType: 'text/html', body: `<!doctype html><html lang="en"><title>${site}</title><p>A page of ${site}.</p><script src="/widget/loader.js" data-site="${site}"></script></html>`,
  }))
  await visitor.page.goto(`${url}/page-of-${site}`)
  await visitor.show()
  return visitor
}

const token = (visitor: Visitor, site: string) => visitor.page.frames()[1]!.evaluate(name => localStorage.getItem(name), `frontdesk.token.${site}`)

test('two sites of one server, visited by one browser, share neither visitor nor words', async ({ browser }) => {
  test.setTimeout(180_000)
  const server = await Server.start({ demo: false })
  let agents: BrowserContext | undefined
  let context: BrowserContext | undefined
  try {
    // The site that a new database begins with stays beside the demo's once somebody has been there.
    await fetch(`${server.url}/api/visitor/session`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })
    await server.kill()
    await server.up(true)
    context = await browser.newContext({ locale: 'en' })
    const house = await visit(context, server.url, 'default')
    await house.say('a lamp for the hall, a human please')
    await expect(house.mine('a lamp for the hall')).toHaveCount(1)
    await house.field.fill('half a thought')
    const shop = await visit(context, server.url, 'shop')
    await expect(shop.mine('a lamp')).toHaveCount(0)
    await expect(shop.field).toHaveValue('')
    await shop.say('a loom for the attic')
    await expect(shop.mine('a loom for the attic')).toHaveCount(1)
    const [one, other] = [await token(house, 'default'), await token(shop, 'shop')]
    expect(one).toBeTruthy()
    expect(other).toBeTruthy()
    expect(one).not.toBe(other)

    // The server gives nothing of the other site to this one's token, whatever the page says.
    const crossed = await fetch(`${server.url}/api/visitor/session`, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${one}` }, body: '{"site":"shop"}' })
    expect(crossed.status).toBe(401)

    // An agent answers at one of them; the other hears nothing.
    agents = await browser.newContext()
    const agent = await Workbench.open(await agents.newPage(), server.url, (await server.accounts()).admin)
    await agent.take('a lamp for the hall')
    await agent.answer('Hall lamps are on the second floor.')
    await expect(house.log.locator('.row.agent')).toContainText('second floor')
    await expect(house.field).toHaveValue('half a thought')

    // What is written while nobody answers waits at its own site.
    await server.kill()
    await expect(house.chat.getByText(/No connection\./)).toBeVisible()
    await house.say('still at the hall')
    await shop.page.reload()
    await house.page.close()
    await server.up()
    await shop.page.reload()
    await shop.show()
    await expect(shop.mine('a loom for the attic')).toHaveCount(1)
    await expect(shop.log.getByText(/hall|second floor/)).toHaveCount(0)

    // Who leaves the shop is still themselves at the other site.
    await shop.page.evaluate(() => (window as unknown as { Frontdesk: (name: string) => void }).Frontdesk('logout'))
    await expect(shop.mine('a loom for the attic')).toHaveCount(0)
    const again = await visit(context, server.url, 'default')
    await expect(again.mine('a lamp for the hall')).toHaveCount(1)
    await expect(again.mine('still at the hall')).toHaveCount(1)
    await expect(again.log.locator('.row.agent')).toContainText('second floor')
    await expect(again.log.getByText('loom')).toHaveCount(0)
    await expect(agent.log).toContainText('still at the hall')
    expect(await token(again, 'default')).toBe(one)
  } finally {
    await context?.close()
    await agents?.close()
    await server.remove()
  }
})
