/** What routing has: one line a page, in the order of its tabs. */
export const sections: readonly { to: string, text: string }[] = [
  { to: '/routing/queue', text: 'route.tabQueue' },
  { to: '/routing/agents', text: 'route.tabAgents' },
  { to: '/routing/teams', text: 'route.tabTeams' },
  { to: '/routing/rules', text: 'route.tabRules' },
  { to: '/routing/simulate', text: 'route.tabSimulate' },
]
