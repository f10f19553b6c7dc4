// The script a site includes. It shows a labelled button, and only when that
// is pressed fetches the app into a frame. No dependency, no cookie, and no
// request of its own before the first opening.
import css from './loader.css?inline'
import type { FromApp, ToApp } from './bridge.ts'

type Call = [name: string, ...values: unknown[]]
type Api = ((...call: Call) => void) & { q?: ArrayLike<unknown>[], loaded?: boolean }

const page = window as unknown as { Frontdesk?: Api }
const script = document.currentScript as HTMLScriptElement | null

const words = {
  zh: { open: '打开在线客服', close: '关闭在线客服', unread: ' 条未读消息', frame: '在线客服' },
  en: { open: 'Open chat', close: 'Close chat', unread: ' unread messages', frame: 'Customer service chat' },
}

function start(): void {
  const data = script?.dataset ?? {}
  const base = new URL('.', script?.src || location.href)
  const host = document.createElement('div')
  const root = host.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  root.adoptedStyleSheets = [sheet]
  const panel = document.createElement('div')
  const button = document.createElement('button')
  const badge = document.createElement('span')
  panel.id = 'panel'
  panel.hidden = true
  button.type = 'button'
  button.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path class="o" d="M12 5.2a7.3 7.3 0 0 1 7.3 7.3v2.3H4.7v-2.3A7.3 7.3 0 0 1 12 5.2Zm0 0V3.4m-1.8 0h3.6M3.4 18.4h17.2"/><path class="c" d="m6 9.5 6 6 6-6"/></svg>'
  badge.id = 'badge'
  badge.hidden = true
  button.append(badge)
  root.append(panel, button)
  if (data.corner === 'left') host.className = 'left'

  let frame: HTMLIFrameElement | undefined
  let open = false
  let unread = 0
  let locale = data.locale
  let theme = data.theme
  let waiting: ToApp[] = []
  let ready = false
  const heard: Record<string, ((value?: unknown) => void)[]> = {}
  const tell = (name: string, value?: unknown) => heard[name]?.forEach(listener => listener(value))
  const flag = (value?: string) => {
    try {
      if (value === '-') localStorage.removeItem('frontdesk')
      else if (value) localStorage.setItem('frontdesk', value)
      return localStorage.getItem('frontdesk')
    } catch { return null }
  }

  const post = (message: ToApp) => {
    if (ready) frame!.contentWindow!.postMessage(message, base.origin)
    else waiting.push(message)
  }
  const say = () => (/^zh/i.test(locale || document.documentElement.lang || navigator.language) ? words.zh : words.en)
  // As in loader.css. The layout's height, which a keyboard does not change everywhere.
  const small = () => innerWidth <= 600 || innerHeight <= 500
  const draw = () => {
    const text = say()
    host.classList.toggle('open', open)
    button.setAttribute('aria-expanded', String(open))
    button.setAttribute('aria-label', open ? text.close : text.open + (unread ? ` (${unread}${text.unread})` : ''))
    button.title = open ? text.close : text.open
    badge.hidden = open || !unread
    badge.textContent = unread > 9 ? '9+' : String(unread)
    panel.hidden = !open
    document.documentElement.style.overflow = open && small() ? 'hidden' : ''
    fit()
  }
  // On a phone the panel covers what the keyboard leaves free.
  const fit = () => {
    const view = window.visualViewport
    const full = open && view && small()
    panel.style.height = full ? view.height + 'px' : ''
    panel.style.top = full ? view.offsetTop + 'px' : ''
  }
  const load = () => {
    if (frame) return
    frame = document.createElement('iframe')
    frame.title = say().frame
    frame.allow = 'clipboard-write'
    const query = new URLSearchParams({ origin: location.origin, site: data.site ?? '', locale: locale ?? '', lang: document.documentElement.lang, theme: theme ?? '', page: location.href, title: document.title, referrer: document.referrer })
    frame.src = `${base.href}index.html?${query}`
    panel.append(frame)
  }
  const show = (wish: boolean) => {
    if (open === wish) return
    open = wish
    if (open) load()
    draw()
    post({ frontdesk: 'shown', shown: open, page: location.href, title: document.title })
    if (open) frame!.focus()
    else button.focus()
    tell(open ? 'open' : 'close')
  }

  addEventListener('message', (event: MessageEvent<FromApp>) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== base.origin) return
    const message = event.data
    if (message.frontdesk === 'ready') {
      ready = true
      waiting.forEach(post)
      waiting = []
      tell('ready')
    } else if (message.frontdesk === 'close') show(false)
    else if (message.frontdesk === 'active') flag('active')
    else if (message.frontdesk === 'identity') {
      if (message.state !== 'refused') flag(message.state === 'identified' ? 'active' : '-')
      tell('identity', message.state)
    } else if (message.frontdesk === 'unread') {
      unread = message.count
      draw()
      tell('unread', unread)
    }
  })
  root.addEventListener('keydown', (event) => {
    if ((event as KeyboardEvent).key === 'Escape') show(false)
  })
  button.addEventListener('click', () => show(!open))
  addEventListener('resize', draw)
  // Pages that change without a load: their title often follows.
  const moved = () => setTimeout(() => frame && post({ frontdesk: 'page', page: location.href, title: document.title }), 300)
  addEventListener('popstate', moved)
  ;(window as { navigation?: EventTarget }).navigation?.addEventListener('navigatesuccess', moved)
  window.visualViewport?.addEventListener('resize', fit)
  window.visualViewport?.addEventListener('scroll', fit)

  const calls: Record<string, (...values: never[]) => void> = {
    show: () => { host.hidden = false },
    hide: () => {
      show(false)
      host.hidden = true
    },
    toggle: () => show(!open),
    close: () => show(false),
    open: (text?: string) => {
      if (text) post({ frontdesk: 'text', text, send: false })
      show(true)
    },
    ask: (text: string) => {
      post({ frontdesk: 'text', text, send: true })
      show(true)
    },
    locale: (value: string) => {
      locale = value
      post({ frontdesk: 'look', locale })
      draw()
    },
    theme: (value: string) => {
      theme = value
      post({ frontdesk: 'look', theme })
    },
    identify: (token: string) => post({ frontdesk: 'identify', token }),
    logout: () => {
      post({ frontdesk: 'logout' })
      if (flag()) load() // what is kept lies with the frame
    },
    attributes: (values: Record<string, unknown>) => post({ frontdesk: 'attributes', values }),
    on: (name: string, listener: () => void) => { (heard[name] ??= []).push(listener) },
  }
  const api: Api = (name, ...values) => calls[name]?.(...values as never[])
  const queued = page.Frontdesk?.q ?? []
  api.loaded = true
  page.Frontdesk = api
  document.body.append(host)
  draw()
  for (const call of Array.from(queued)) api(...Array.from(call) as Call)
  if (flag() && !frame) setTimeout(load, 1500)
}

if (!page.Frontdesk?.loaded) {
  if (document.body) start()
  else addEventListener('DOMContentLoaded', start)
}
