import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from '@playwright/test'
import { expect, test } from '../fixtures.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation { id: string, help: string, nodes: { target: string[], failureSummary: string }[] }

/** Runs axe-core for WCAG 2.2 AA in one frame; the answer names rule and element. */
async function violations(page: Page, frame = page.mainFrame()): Promise<string[]> {
  await frame.evaluate(`{ const module = undefined, exports = undefined; ${axe} }`)
  const found = await frame.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (context: Document, options: object) => Promise<{ violations: Violation[] }> } }
    return (await axe.run(document, { iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })).violations
  })
  return found.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`))
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the widget passes axe in the ${colorScheme} scheme`, async ({ visitor }) => {
    await visitor.page.emulateMedia({ colorScheme })
    await visitor.page.reload()
    await visitor.show()
    await visitor.say('How long does delivery take?')
    await expect(visitor.answers).toHaveCount(1)
    await visitor.answers.first().getByText(/^Source/).click()
    await visitor.say('I want to talk to a human')
    await visitor.chat.locator('.queue').waitFor()
    expect(await violations(visitor.page)).toEqual([])
    expect(await violations(visitor.page, visitor.page.frames()[1])).toEqual([])
  })

  test(`the workbench, the list and the editor pass axe in the ${colorScheme} scheme`, async ({ visitor, workbench, demo }) => {
    await visitor.say('I want to talk to a human')
    const { page } = await workbench((await demo.accounts()).admin)
    await page.emulateMedia({ colorScheme })
    await page.getByRole('list', { name: 'Conversations' }).getByRole('link').first().click()
    await page.getByRole('log').waitFor()
    expect(await violations(page)).toEqual([])
    await page.goto(`${demo.url}/console/knowledge`)
    await page.getByRole('table').waitFor()
    expect(await violations(page)).toEqual([])
    await page.goto(`${demo.url}/console/knowledge/shipping-time`)
    await page.getByRole('region', { name: 'English' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.goto(`${demo.url}/console/sign-in`)
    await page.getByLabel('E-mail').waitFor()
    expect(await violations(page)).toEqual([])
  })

  test(`the canned replies and their editor pass axe in the ${colorScheme} scheme`, async ({ workbench, demo }) => {
    const { page } = await workbench((await demo.accounts()).admin)
    await page.emulateMedia({ colorScheme })
    await page.goto(`${demo.url}/console/bot/canned`)
    await page.getByRole('list', { name: 'Canned replies' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'New reply' }).click()
    await page.getByLabel('Shortcut').waitFor()
    expect(await violations(page)).toEqual([])
  })
}
