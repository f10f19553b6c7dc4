import '@frontdesk/shared/styles/tokens.css'
import './app.css'
import { pickLocale } from '@frontdesk/shared/locale'
import { render } from 'preact'
import { App } from './App.tsx'
import { Desk } from './desk.ts'
import { Parent } from './parent.ts'
import { recall, remember } from './store.ts'

const query = new URLSearchParams(location.search)
const parent = new Parent(query.get('origin') ?? '')
const desk = new Desk({
  site: query.get('site') ?? '',
  locale: pickLocale(recall('frontdesk.locale'), query.get('locale'), query.get('lang'), ...navigator.languages),
  page: query.get('page') ?? '',
  title: query.get('title') ?? '',
  referrer: query.get('referrer') ?? '',
  onIdentity: state => parent.say({ frontdesk: 'identity', state }),
  onUnread: count => parent.say({ frontdesk: 'unread', count }),
  onActive: () => parent.say({ frontdesk: 'active' }),
})

function setTheme(theme: string | null | undefined): void {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
  else delete document.documentElement.dataset.theme
}

setTheme(query.get('theme'))
// A text from the page is put in the field, or sent as soon as there is a conversation.
const given = { text: '', listener: undefined as ((text: string) => void) | undefined }
function askSoon(text: string): void {
  if (desk.conv) return desk.send(text)
  const stop = desk.subscribe(() => {
    if (!desk.conv) return
    stop()
    desk.send(text)
  })
}
parent.hear((message) => {
  if (message.frontdesk === 'shown') desk.setShown(message.shown, message.page, message.title)
  else if (message.frontdesk === 'page') desk.visit(message.page, message.title)
  else if (message.frontdesk === 'identify') desk.identify(message.token)
  else if (message.frontdesk === 'logout') desk.logout()
  else if (message.frontdesk === 'attributes') desk.describe(message.values)
  else if (message.frontdesk === 'look') {
    if (message.locale) {
      remember('frontdesk.locale', undefined)
      desk.setLocale(message.locale)
    }
    if (message.theme !== undefined) setTheme(message.theme)
  } else if (message.send) askSoon(message.text)
  else if (given.listener) given.listener(message.text)
  else given.text = message.text
})
if (parent.embedded) {
  desk.start()
  parent.say({ frontdesk: 'ready' })
} else {
  desk.setShown(true, document.referrer)
}
addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.isComposing) parent.say({ frontdesk: 'close' })
})
render(<App desk={desk} given={given} onClose={parent.embedded ? () => parent.say({ frontdesk: 'close' }) : undefined} />, document.getElementById('app')!)
