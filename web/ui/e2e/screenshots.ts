// Takes pictures of the pages for people to look at, into screenshots/ (not
// committed). Uses the server at FRONTDESK_URL with the accounts file
// FRONTDESK_ACCOUNTS, or starts one of its own.
//   npm run screenshots [-- part of a name]
import { mkdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type BrowserContext, type FrameLocator, type Page } from '@playwright/test'
import { launchOptions } from './browser.ts'
import { Server, type Accounts } from './server.ts'

interface Look { locale: 'zh-CN' | 'en', scheme: 'light' | 'dark', device: 'desktop' | 'phone' }
interface Desk { url: string, accounts: Accounts }

const folder = fileURLToPath(new URL('screenshots/', import.meta.url))
const wanted = process.argv[2] ?? ''
const looks: Look[] = [
  { locale: 'en', scheme: 'light', device: 'desktop' },
  { locale: 'zh-CN', scheme: 'dark', device: 'desktop' },
  { locale: 'zh-CN', scheme: 'light', device: 'phone' },
  { locale: 'en', scheme: 'dark', device: 'phone' },
]

async function context(browser: Browser, look: Look): Promise<BrowserContext> {
  return browser.newContext({
    locale: look.locale,
    colorScheme: look.scheme,
    viewport: look.device === 'phone' ? { width: 390, height: 844 } : { width: 1360, height: 860 },
    ...look.device === 'phone' && { hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
    reducedMotion: 'reduce',
  })
}

async function shoot(page: Page, name: string, look: Look, fullPage = false) {
  const file = `${name}-${look.device}-${look.locale === 'en' ? 'en' : 'zh'}-${look.scheme}.png`
  await page.screenshot({ path: folder + file, fullPage })
  console.log(file)
}

async function widget(page: Page, url: string): Promise<FrameLocator> {
  await page.goto(`${url}/demo`)
  await page.locator('button[aria-expanded]').click()
  return page.frameLocator('iframe')
}

async function say(frame: FrameLocator, text: string, answers: number) {
  await frame.locator('textarea').fill(text)
  await frame.locator('textarea').press('Enter')
  await frame.locator('.row.theirs .bubble').nth(answers - 1).waitFor()
}

async function visitor(browser: Browser, { url }: Desk, look: Look) {
  const zh = look.locale === 'zh-CN'
  const pages = await context(browser, look)
  const page = await pages.newPage()
  await page.goto(`${url}/demo`)
  await page.locator('button[aria-expanded]').waitFor()
  await shoot(page, 'demo', look)
  await shoot(page, 'demo-full', look, true)
  const frame = await widget(page, url)
  await frame.locator('.header').waitFor()
  await shoot(page, 'widget-welcome', look)
  await say(frame, zh ? '几天能到货？' : 'How long does delivery take?', 1)
  await frame.locator('.source summary').last().click()
  await shoot(page, 'widget-answer', look)
  await say(frame, zh ? '电池' : 'battery', 2)
  await shoot(page, 'widget-clarify', look)
  await frame.locator('textarea').fill(zh ? '我要转人工' : 'I want to talk to a person')
  await frame.locator('textarea').press('Enter')
  await frame.locator('.queue').waitFor()
  await page.waitForLoadState('networkidle')
  await shoot(page, 'widget-queue', look)
  await pages.close()
}

async function signIn(page: Page, desk: Desk, path: string) {
  await page.goto(`${desk.url}/console${path}`)
  await page.locator('input[name=email]').fill(desk.accounts.admin.email)
  await page.locator('input[name=password]').fill(desk.accounts.admin.password)
  await page.keyboard.press('Enter')
  await page.locator('.rail').waitFor()
}

async function staff(browser: Browser, desk: Desk, look: Look) {
  const zh = look.locale === 'zh-CN'
  const pages = await context(browser, look)
  const page = await pages.newPage()
  await page.route('**/api/setup', route => route.fulfill({ json: { needed: true } }))
  await page.goto(`${desk.url}/console/setup?token=example`)
  await page.locator('form').waitFor()
  await shoot(page, 'setup', look)
  await page.goto(`${desk.url}/console/sign-in`)
  await page.locator('form').waitFor()
  await shoot(page, 'sign-in', look)
  await signIn(page, desk, '/')
  await page.locator('.rows .row').first().waitFor()
  await shoot(page, 'inbox', look)
  await page.locator('.rows .row').first().click()
  await page.locator('.message').first().waitFor()
  await shoot(page, 'thread-waiting', look)
  await page.locator('.head .n-button--primary-type').click()
  await page.locator('.composer.text textarea').waitFor()
  await page.locator('[role=tab]').nth(1).click()
  await page.locator('textarea').fill(zh ? '客户很着急，先安抚。' : 'In a hurry: calm first, then the tracking number.')
  await page.keyboard.press('Enter')
  await page.locator('.message.note').last().waitFor()
  await page.locator('[role=tab]').nth(0).click()
  await page.locator('textarea').fill(zh ? '您好，我是小梅，正在帮您查物流。' : 'Hello, this is Mei. I am looking at your parcel right now.')
  await page.keyboard.press('Enter')
  await page.locator('.message.agent').last().waitFor()
  await shoot(page, 'thread-mine', look)
  if (look.device === 'phone') {
    await page.locator('.head .info').click()
    await shoot(page, 'context', look)
    await page.goto(`${desk.url}/console/inbox/mine`)
  }
  await page.locator('.me').click()
  await page.locator('.menu').waitFor()
  await shoot(page, 'account', look)
  await page.goto(`${desk.url}/console/knowledge`)
  await page.locator('tbody tr').first().waitFor()
  await page.locator('.ask input').fill(zh ? '退货运费谁出' : 'who pays the postage when I send it back')
  await page.locator('.ask input').press('Enter')
  await page.locator('.result').waitFor()
  await shoot(page, 'knowledge', look)
  await page.goto(`${desk.url}/console/knowledge/shipping-time`)
  await page.locator('.sides section:not(.other) .editor').first().waitFor()
  await shoot(page, 'editor', look)
  await page.goto(`${desk.url}/console/knowledge`)
  await page.locator('.quiet').first().click()
  await page.locator('.file').waitFor()
  await shoot(page, 'import', look)
  await pages.close()
}

async function main() {
  mkdirSync(folder, { recursive: true })
  const running = process.env.FRONTDESK_URL
  const own = running ? undefined : await Server.start({ demo: true })
  const desk: Desk = running
    ? { url: running, accounts: JSON.parse(readFileSync(process.env.FRONTDESK_ACCOUNTS ?? '', 'utf8')) as Accounts }
    : { url: own!.url, accounts: await own!.accounts() }
  const browser = await chromium.launch(launchOptions)
  try {
    for (const look of looks) {
      if (!wanted || 'visitor'.includes(wanted)) await visitor(browser, desk, look)
      if (!wanted || 'staff'.includes(wanted)) await staff(browser, desk, look)
    }
  } finally {
    await browser.close()
    await own?.remove()
  }
}

await main()
