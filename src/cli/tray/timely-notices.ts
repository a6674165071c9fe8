import { MAX_NOTICES, type TrayDocument, type TrayNotice } from './tray-document.ts'

const FIX = /^fix:[^:]*:(\d+)$/

/**
 * What needs a fix has one notice, named after its newest failure. Once that is fixed it is named after an older one, which is no
 * news: the returned function leaves it out.
 */
export function newestNotices(): (document: TrayDocument) => TrayDocument {
  let newest = 0
  return (document) => {
    const notices = document.notices.filter(({ id }) => {
      const since = Number(FIX.exec(id)?.[1] ?? Number.POSITIVE_INFINITY)
      if (since < newest) return false
      if (Number.isFinite(since)) newest = since
      return true
    })
    return { ...document, notices }
  }
}

/** Says once that agents may run again, after the last foreign stop has ended. */
export function withStopEnds(texts: Pick<TrayNotice, 'title' | 'text'>): (document: TrayDocument) => TrayDocument {
  let standing: string | undefined
  let ended: TrayNotice | undefined
  return (document) => {
    const { notices, state } = document
    const stop = notices.find(({ id }) => id.startsWith('stop:'))
    if (stop !== undefined) {
      standing = stop.id
      ended = undefined
      return document
    }
    // A daemon that gives no answer has released nothing.
    if (standing !== undefined && state !== 'unreachable' && state !== 'stopped') {
      ended = { id: `ended:${standing}`, ...texts, urgency: 'normal' }
      standing = undefined
    }
    return ended === undefined ? document : { ...document, notices: [...notices, ended].slice(-MAX_NOTICES) }
  }
}

/** Says once in the life of an account what the new icon is. Where none is seen there is nothing to explain. */
export function withWelcome(document: TrayDocument, texts: Pick<TrayNotice, 'title' | 'text'>): TrayDocument {
  const { visible, state, notices } = document
  if (!visible || state === 'unreachable') return document
  return {
    ...document,
    notices: [{ id: 'welcome', ...texts, urgency: 'normal' as const }, ...notices].slice(0, MAX_NOTICES),
  }
}
