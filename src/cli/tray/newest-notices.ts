import type { TrayDocument } from './tray-document.ts'

const FIX = /^fix:[^:]*:(\d+)$/

/**
 * What is to fix has one notice, named after its newest failure. Once that is mended it is named after an older one, which is no
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
