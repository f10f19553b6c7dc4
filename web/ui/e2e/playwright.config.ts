import { defineConfig } from '@playwright/test'
import { launchOptions } from './browser.ts'

// One worker: the tests share one server and two cores.
export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  workers: 1,
  forbidOnly: true,
  retries: 0,
  timeout: 45_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    launchOptions,
    locale: 'en-US',
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    trace: 'retain-on-failure',
  },
})
