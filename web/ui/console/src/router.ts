import { createRouter, createWebHistory, type Router } from 'vue-router'
import { credentials } from './app/api.ts'
import { useAuth } from './app/auth.ts'

declare module 'vue-router' {
  interface RouteMeta {
    /** Open to people who are not signed in. */
    open?: boolean
    /** For admins only. */
    admin?: boolean
    /** Key of the page's title. */
    title?: string
  }
}

export function makeRouter(): Router {
  const router = createRouter({
    history: createWebHistory('/console/'),
    routes: [
      { path: '/', redirect: '/inbox' },
      { path: '/sign-in', component: () => import('./features/entry/SignInPage.vue'), meta: { open: true, title: 'entry.signIn' } },
      { path: '/setup', component: () => import('./features/entry/SetupPage.vue'), meta: { open: true, title: 'entry.setup' } },
      {
        path: '/',
        component: () => import('./app/AppShell.vue'),
        children: [
          { path: 'inbox/:view?/:id?', name: 'inbox', component: () => import('./features/workbench/WorkbenchPage.vue'), meta: { title: 'nav.inbox' } },
          { path: 'replies', name: 'replies', component: () => import('./features/suggest/CannedPage.vue'), meta: { title: 'canned.title' } },
          {
            path: 'contacts',
            component: () => import('./features/contacts/ContactsPage.vue'),
            meta: { title: 'contacts.title' },
            children: [
              { path: '', redirect: '/contacts/people' },
              { path: 'people', name: 'contacts', component: () => import('./features/contacts/ContactListPage.vue'), meta: { title: 'contacts.title' } },
              { path: 'people/:id', name: 'contact', component: () => import('./features/contacts/ContactPage.vue'), meta: { title: 'contacts.title' } },
              { path: 'blocks', name: 'contact-blocks', component: () => import('./features/contacts/BlockListPage.vue'), meta: { title: 'contacts.blockList' } },
              { path: 'settings', name: 'contact-settings', component: () => import('./features/contacts/ContactSettingsPage.vue'), meta: { admin: true, title: 'contacts.settings' } },
            ],
          },
          { path: 'knowledge', name: 'knowledge', component: () => import('./features/knowledge/ArticleListPage.vue'), meta: { admin: true, title: 'nav.knowledge' } },
          { path: 'words', name: 'words', component: () => import('./features/knowledge/WordsPage.vue'), meta: { admin: true, title: 'words.title' } },
          { path: 'imports', name: 'imports', component: () => import('./features/knowledge/ImportPage.vue'), meta: { admin: true, title: 'imports.title' } },
          { path: 'knowledge/:id', name: 'article', component: () => import('./features/knowledge/ArticlePage.vue'), meta: { admin: true, title: 'nav.knowledge' } },
          {
            path: 'routing',
            component: () => import('./features/routing/RoutingPage.vue'),
            meta: { admin: true, title: 'route.title' },
            children: [
              { path: '', redirect: '/routing/queue' },
              { path: 'queue', name: 'routing-queue', component: () => import('./features/routing/QueuePage.vue'), meta: { admin: true, title: 'routeQueue.title' } },
              { path: 'agents', name: 'routing-agents', component: () => import('./features/routing/AgentsPage.vue'), meta: { admin: true, title: 'routeAgents.title' } },
              { path: 'teams', name: 'routing-teams', component: () => import('./features/routing/TeamsPage.vue'), meta: { admin: true, title: 'routeTeams.title' } },
              { path: 'rules', name: 'routing-rules', component: () => import('./features/routing/RulesPage.vue'), meta: { admin: true, title: 'routeRules.title' } },
              { path: 'simulate', name: 'routing-simulate', component: () => import('./features/routing/SimulatePage.vue'), meta: { admin: true, title: 'routeSim.title' } },
            ],
          },
          {
            path: 'history',
            component: () => import('./features/history/HistoryPage.vue'),
            meta: { title: 'history.nav' },
            children: [
              { path: '', redirect: '/history/search' },
              { path: 'search', name: 'history-search', component: () => import('./features/history/SearchPage.vue'), meta: { title: 'history.nav' } },
              { path: 'privacy/:section(retention|erase|audit)?', name: 'history-privacy', component: () => import('./features/privacy/PrivacyPage.vue'), meta: { admin: true, title: 'history.privacy' } },
            ],
          },
          {
            path: 'bot',
            component: () => import('./features/bot/BotPage.vue'),
            meta: { admin: true, title: 'nav.bot' },
            children: [
              { path: '', redirect: '/bot/test' },
              { path: 'test', name: 'bot-test', component: () => import('./features/bot/test/TestPage.vue'), meta: { admin: true, title: 'botTest.title' } },
              { path: 'gaps', name: 'bot-gaps', component: () => import('./features/gaps/GapListPage.vue'), meta: { admin: true, title: 'gaps.title' } },
              { path: 'gaps/:id(\\d+)', name: 'bot-gap', component: () => import('./features/gaps/GapPage.vue'), meta: { admin: true, title: 'gaps.title' } },
              { path: 'reports', name: 'bot-reports', component: () => import('./features/reports/ReportPage.vue'), meta: { admin: true, title: 'reports.title' } },
              { path: 'reports/audit', name: 'bot-audit', component: () => import('./features/reports/AuditPage.vue'), meta: { admin: true, title: 'reports.auditTitle' } },
              { path: 'replay', name: 'bot-replay', component: () => import('./features/bot/replay/ReplayPage.vue'), meta: { admin: true, title: 'botReplay.title' } },
              { path: 'settings', name: 'bot-settings', component: () => import('./features/bot/settings/SettingsPage.vue'), meta: { admin: true, title: 'botSettings.title' } },
              { path: 'canned', name: 'bot-canned', component: () => import('./features/suggest/CannedPage.vue'), meta: { admin: true, title: 'canned.title' } },
            ],
          },
        ],
      },
      { path: '/:rest(.*)*', redirect: '/inbox' },
    ],
  })
  router.beforeEach(async (to) => {
    if (to.meta.open) return true
    const auth = useAuth()
    const inside = await auth.restore().catch(() => false)
    if (!inside) return { path: '/sign-in', query: to.fullPath === '/inbox' ? {} : { next: to.fullPath } }
    return to.meta.admin && !auth.isAdmin ? '/inbox' : true
  })
  credentials.onEnded = () => {
    const auth = useAuth()
    if (!auth.agent) return
    auth.leave()
    void router.push({ path: '/sign-in', query: { next: router.currentRoute.value.fullPath } })
  }
  return router
}
