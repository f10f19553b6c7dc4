import { ApiError } from '@frontdesk/shared/api/client'
import type { Locale } from '@frontdesk/shared/locale'
import { useDialog, useMessage } from 'naive-ui'
import { computed, ref, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { problemDetails, problemKey } from '../../app/api.ts'
import { locale as uiLocale } from '../../app/preferences.ts'
import type { SheetAct } from './SheetBar.vue'
import { locales, Unsaved, type Desk } from './useDesk.ts'

/** What an editor does with the translation on the desk, and what is said of it: dialogs, questions, what went wrong. */
export function useActs(desk: Desk, tab: Ref<Locale>, history: Ref<boolean>) {
  const { t } = useI18n()
  const router = useRouter()
  const dialog = useDialog()
  const message = useMessage()
  const busy = ref(false)
  /** Publishing was tried with something missing. */
  const tried = ref(false)
  /** The step whose dialog is open. */
  const asking = ref<'submit' | 'return' | 'schedule'>()
  /** The draft is being tried on past questions. */
  const trying = ref(false)
  const sheet = computed(() => desk.sheets[tab.value])

  function fail(error: unknown) {
    if (error instanceof Unsaved) {
      if (!sheet.value?.problem) message.warning(desk.named.value ? t('articles.fixFirst') : t('kb.idBad'))
      return
    }
    if (error instanceof ApiError && error.problem.code === 'replay_needed') {
      message.warning(error.problem.detail || t('articles.tryFirst'), { duration: 9000 })
      trying.value = true
      return
    }
    if (error instanceof ApiError && error.status === 409) void desk.meet(tab.value)
    const details = problemDetails(error)
    const said = error instanceof ApiError && (error.status === 422 || error.status === 409) && error.problem.detail ? error.problem.detail : ''
    message.error([t(problemKey(error)), ...details.length ? details : [said]].filter(Boolean).join(' '), { duration: 9000 })
  }

  /** Does something and says how it went: what it returns is the good news. */
  async function run(work: () => Promise<string | void>) {
    busy.value = true
    try {
      const said = await work()
      if (said) message.success(said)
    } catch (error) {
      fail(error)
    } finally {
      busy.value = false
    }
  }

  function complete(): boolean {
    const content = sheet.value?.content
    tried.value = !(content?.title.trim() && content.answer.trim() && content.questions.some(question => question.trim()))
    if (tried.value) message.warning(t('articles.fixFirst'))
    return !tried.value
  }

  function ask(title: string, text: string, work: () => Promise<string>) {
    dialog.warning({ title: t(title), content: t(text), positiveText: t(title), negativeText: t('common.cancel'), autoFocus: false, onPositiveClick: () => void run(work) })
  }

  async function publish(locale: Locale): Promise<string> {
    const n = await desk.publish(locale)
    trying.value = false
    return t('articles.published1', { n })
  }

  async function discard(locale: Locale): Promise<string> {
    await desk.discard(locale)
    if (!locales.some(other => desk.sheets[other])) await router.push('/knowledge')
    return t('articles.discarded')
  }

  async function unschedule(locale: Locale): Promise<string> {
    await desk.step(locale, 'unschedule')
    return t('articles.unscheduled')
  }

  async function archive(locale: Locale): Promise<string> {
    await desk.archive(locale)
    return t('articles.archivedDone')
  }

  function act(name: SheetAct) {
    const here = tab.value
    switch (name) {
      case 'publish':
        if (complete()) void run(() => publish(here))
        return
      case 'try':
        if (complete()) void run(async () => { trying.value = await desk.save(here) })
        return
      case 'schedule':
      case 'submit':
        if (complete()) asking.value = name
        return
      case 'return':
        asking.value = name
        return
      case 'history':
        history.value = true
        return
      case 'unschedule': return void run(() => unschedule(here))
      case 'restore': return void run(async () => t('articles.restored', { n: await desk.restore(here) }))
      case 'discard': return ask('articles.discard', 'articles.discardAsk', () => discard(here))
      case 'archive': return ask('articles.archive', 'articles.archiveAsk', () => archive(here))
    }
  }

  /** The step's dialog was filled in. */
  function confirm(body: { note?: string, at?: string }) {
    const name = asking.value!
    const here = tab.value
    asking.value = undefined
    void run(async () => {
      await desk.step(here, name, body)
      if (name !== 'schedule') return t(name === 'submit' ? 'articles.submitted' : 'articles.sentBack')
      return t('articles.scheduledFor', { time: new Date(body.at!).toLocaleString(uiLocale.value, { dateStyle: 'medium', timeStyle: 'short' }) })
    })
  }

  function rollback(version: number) {
    void run(async () => {
      const n = await desk.rollback(tab.value, version)
      history.value = false
      return t('articles.rolledBack', { from: version, n })
    })
  }

  return { busy, tried, asking, trying, run, act, confirm, rollback }
}
