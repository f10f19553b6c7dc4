import '@frontdesk/shared/styles/tokens.css'
import './ui/base.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { levelHeadings } from './app/headings.ts'
import App from './App.vue'
import { addTexts, i18n } from './i18n/index.ts'
import { makeRouter } from './router.ts'

const router = makeRouter()
router.beforeResolve(to => addTexts(to.path))
createApp(App).use(createPinia()).use(i18n).use(router).mount('#app')
levelHeadings(document.body)
