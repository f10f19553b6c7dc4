import '@frontdesk/shared/styles/tokens.css'
import './ui/base.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n } from './i18n/index.ts'
import { makeRouter } from './router.ts'

createApp(App).use(createPinia()).use(i18n).use(makeRouter()).mount('#app')
