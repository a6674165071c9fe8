import { valuesAt } from '../formats/member-path.ts'
import { namedFiles } from '../plugins/named-files.ts'
import type { PluginComponents } from '../plugins/plugin-components.ts'
import type { AgentFile } from './agent-file.ts'
import { filesOfHooks, type HookPlace } from './hook-files.ts'
import { handlersIn } from './hook-handlers.ts'
import { runsDownload, wordsRunDownload } from './runs-download.ts'

/**
 * Settings that have hooks of any kind, and the files that these name: where they lie in the home or the project, or, of the
 * settings of the machine, anywhere. Commands and arguments are looked through for files on the device, and they, addresses
 * and questions to models go nowhere; what is told of a hook is a file.
 */
export async function findHooks(components: PluginComponents, place: HookPlace): Promise<AgentFile[]> {
  const { configs } = components
  const document = await configs.read(place.path)
  const handlers = document === undefined ? [] : valuesAt(document, place.key).flatMap((map) => handlersIn(map))
  const { plugin: { root } = {} } = place
  const named =
    document === undefined || root === undefined ? [] : namedFiles(components, document, { ...place, root }).files
  const others = named
    .filter((path) => path !== place.path)
    .map((path) => findHooks(components, { ...place, path, key: [] }))
  const elsewhere = (await Promise.all(others)).flat()
  if (handlers.length === 0) return elsewhere
  const { client, scope, workspace, plugin } = place
  const common = {
    client,
    scope,
    fileKind: 'hook' as const,
    ...(workspace === undefined ? {} : { workspace }),
    ...(plugin === undefined ? {} : { plugin }),
  }
  const name = place.path.slice(place.path.lastIndexOf('/') + 1)
  const evidence = [`settings of ${client.name} with ${handlers.length} hooks`]
  const downloads = handlers.some(
    ({ commands, words }) => commands.some((text) => runsDownload(text)) || wordsRunDownload(words),
  )
  const found: AgentFile[] = [
    { ...common, path: place.path, name, evidence, ...(downloads ? { runsDownload: true } : {}) },
    ...elsewhere,
  ]
  for (const path of await filesOfHooks(components, handlers, place)) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    found.push({ ...common, path, name, evidence: [`named by a hook of ${client.name}`] })
  }
  return found
}
