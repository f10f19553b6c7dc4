import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, type Locator, type Page } from '@playwright/test'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation { id: string, help: string, nodes: { target: string[], failureSummary: string }[] }

/** Runs axe-core for WCAG 2.2 AA in one frame; the answer names rule and element. */
export async function violations(page: Page, frame = page.mainFrame()): Promise<string[]> {
  await frame.evaluate(`{ const module = undefined, exports = undefined; ${axe} }`)
  const found = await frame.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (context: Document, options: object) => Promise<{ violations: Violation[] }> } }
    return (await axe.run(document, { iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })).violations
  })
  return found.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`))
}

/** Waits until the page has taken over the scheme: colours pass over, and what is measured on the way is neither. */
async function settled(): Promise<void> {
  const painted = () => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  do {
    await painted()
    await Promise.allSettled(document.getAnimations().filter(one => one instanceof CSSTransition).map(one => one.finished))
    await painted()
  } while (document.getAnimations().some(one => one instanceof CSSTransition))
}

/** Checks pages of the console one by one, in both schemes; each finding is one line of the report. */
export class Audit {
  readonly page: Page
  readonly #url: string

  constructor(page: Page, url: string) {
    this.page = page
    this.#url = url
  }

  get dialog(): Locator { return this.page.getByRole('dialog') }

  /** Checks what is shown now. */
  async check(name: string): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await this.page.emulateMedia({ colorScheme })
      await this.page.evaluate(settled)
      expect.soft(await violations(this.page), `${name}, ${colorScheme}`).toEqual([])
    }
  }

  /** Checks a page once `ready` is there. */
  async visit(path: string, ready: Locator): Promise<void> {
    await this.page.goto(`${this.#url}/console/${path}`)
    await ready.first().waitFor()
    await this.check(path)
  }
}
