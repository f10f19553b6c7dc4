/** What the bot desk has: one line a page, in the order of its tabs. Routes stand in router.ts, texts in each feature. */
export const sections: readonly { to: string, text: string }[] = [
  { to: '/bot/test', text: 'botTest.tab' },
  { to: '/bot/gaps', text: 'gaps.tab' },
  { to: '/bot/replay', text: 'botReplay.tab' },
  { to: '/bot/reports', text: 'reports.tab' },
  { to: '/bot/canned', text: 'canned.title' },
  { to: '/bot/settings', text: 'botSettings.tab' },
]
