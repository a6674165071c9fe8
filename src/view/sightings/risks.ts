import type { Risk } from '../../protocol/risks.ts'
import type { Sighting, SightingOf } from '../../protocol/sighting.ts'

/** What of a sighting a person should look at. `risk-sentences.ts` says how to end each. */

/** The worst first. */
export function risksIn(sighting: Sighting): readonly Risk[] {
  switch (sighting.kind) {
    case 'mcp-server':
      return ofServer(sighting)
    case 'agent-file':
      return ofAgentFile(sighting)
    case 'model-runtime':
      return [
        ...when(
          'open-to-network',
          sighting.listens.some(({ loopback }) => !loopback),
        ),
        ...when('discontinued', sighting.endOfLife !== undefined),
      ]
    case 'agent':
      return [
        ...when('autonomous', sighting.autonomy?.level === 'autonomous'),
        ...when('discontinued', sighting.endOfLife !== undefined),
      ]
    case 'extension':
      return ofExtension(sighting)
    default:
      return sighting satisfies never
  }
}

function ofServer(server: SightingOf<'mcp-server'>): readonly Risk[] {
  return [
    ...when('secret-in-file', server.plaintextSecret),
    ...when('configuration-writable', server.writableByOthers),
    ...when('program-writable', server.programWritableByOthers === true),
    ...when('no-tls', server.cleartext),
    ...when('started-by-shell', server.shell),
    ...when('not-pinned', server.unpinned),
  ]
}

function ofAgentFile(file: SightingOf<'agent-file'>): readonly Risk[] {
  const download = file.fileKind === 'hook' ? 'hook-runs-download' : 'text-runs-download'
  return [
    ...when(download, file.runsDownload === true),
    ...when('invisible-text', file.invisibleUnicode),
    ...when('file-writable', file.writableByOthers),
  ]
}

/** Of AI extensions only: what others may do is for their users to decide. */
function ofExtension(extension: SightingOf<'extension'>): readonly Risk[] {
  if (!extension.ai) return []
  const isForeign = extension.installSource === 'sideloaded' || extension.installSource === 'unpacked'
  return [
    ...when('drives-browser', extension.debugger === true),
    ...when('reads-every-site', extension.broadHosts),
    ...when('not-from-store', isForeign),
    ...when('discontinued', extension.endOfLife !== undefined),
  ]
}

function when(risk: Risk, holds: boolean): readonly Risk[] {
  return holds ? [risk] : []
}

/** Whether it is switched off everywhere, so that its risks can wait. */
export function isOff(sighting: Sighting): boolean {
  const isOnSomewhere = sighting.kind === 'extension' && (sighting.enabledIn ?? []).length > 0
  return 'enabled' in sighting && sighting.enabled === false && !isOnSomewhere
}
