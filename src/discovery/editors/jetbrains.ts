import { codeOf, SuretyError } from '../../base/errors.ts'
import type { ExtensionSighting } from '../../protocol/sighting.ts'
import type { HomeLayout } from '../files/home-layout.ts'
import { isLink, tooMany } from '../files/source-log.ts'
import { catalogueFacts, MAX_EXTENSIONS } from '../matching/ai-extensions.ts'
import { sightingId } from '../matching/sighting-id.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { toldName } from '../redaction/redact-name.ts'
import type { EditorComponents, EditorInit } from './editor.ts'
import { type PluginDescriptor, readPluginDescriptor } from './plugin-descriptor.ts'

const SOURCE = 'editor-extensions'
const MAX_JARS = 16
const MAX_JAR_BYTES = 48 * 1024 * 1024
const MAX_DISABLED_BYTES = 256 * 1024

/**
 * Plugins lie with the data, what is switched off with the settings, both by product and version: on Linux in two places, else
 * in one. See "Directories used by the IDE" of IntelliJ IDEA.
 */
const PLACES: Readonly<Record<HomeLayout, readonly (readonly [data: string, settings: string])[]>> = {
  linux: [
    ['.local/share', '.config'],
    ['.var/app/*/data', '.var/app/*/config'],
  ],
  darwin: [['Library/Application Support', 'Library/Application Support']],
  windows: [['AppData/Roaming', 'AppData/Roaming']],
}
/** Google's is Android Studio. */
const VENDORS = ['JetBrains', 'Google'] as const

/** Plugins of every JetBrains IDE (and Android Studio) in one home, from the descriptors inside their archives. */
export async function findJetbrainsPlugins(
  components: EditorComponents,
  init: EditorInit,
): Promise<ExtensionSighting[]> {
  const found: ExtensionSighting[] = []
  for (const { folder, settings } of await productsOf(components, init)) {
    const plugins = await pluginsOf(components, folder)
    // Other programs of Google keep data there too: without settings beside it, it is no IDE.
    const isIde = (await components.folders.list(settings)).some(
      ({ name }) => name === 'options' || name === 'disabled_plugins.txt',
    )
    if (plugins.length === 0 || !isIde) continue
    const product = folder.slice(folder.lastIndexOf('/') + 1)
    const read = () => readProduct(components, init, { folder, product, settings, plugins })
    found.push(...(await components.sources.read(SOURCE, folder, read)))
  }
  return found
}

async function productsOf({ folders }: EditorComponents, { home, layout }: EditorInit) {
  const products: { readonly folder: string; readonly settings: string }[] = []
  for (const [data, settings] of PLACES[layout]) {
    for (const vendor of VENDORS) {
      for (const folder of await folders.expand(`${home}/${data}/${vendor}/*`)) {
        products.push({
          folder,
          settings: `${settingsRoot(home, folder, data, settings)}/${folder.split('/').slice(-2).join('/')}`,
        })
      }
    }
  }
  return products
}

/** Of the same application, where each has its own. */
function settingsRoot(home: string, folder: string, data: string, settings: string): string {
  if (!data.includes('*')) return `${home}/${settings}`
  const application = folder.slice(home.length + 1).split('/')[data.split('/').indexOf('*')] ?? ''
  return `${home}/${settings.replace('*', application)}`
}

/** `PLUGIN/lib/*.jar`, or one `PLUGIN.jar`; older versions put them below `plugins`. */
async function pluginsOf({ folders, sources }: EditorComponents, folder: string): Promise<string[]> {
  const all: string[] = []
  for (const parent of [folder, `${folder}/plugins`]) {
    for (const { name, kind } of await folders.list(parent)) {
      const path = `${parent}/${name}`
      if (kind === 'file' && name.endsWith('.jar')) all.push(path)
      if (kind === 'link' && name.endsWith('.jar')) sources.fault(SOURCE, path, isLink(path))
      if (kind === 'directory' && (await folders.list(`${path}/lib`)).length > 0) all.push(path)
    }
  }
  return all
}

interface Product {
  readonly folder: string
  readonly product: string
  readonly settings: string
  readonly plugins: readonly string[]
}

async function readProduct(
  components: EditorComponents,
  init: EditorInit,
  place: Product,
): Promise<ExtensionSighting[]> {
  const { plugins, folder } = place
  if (plugins.length > MAX_EXTENSIONS) {
    components.sources.fault(SOURCE, folder, tooMany(MAX_EXTENSIONS, plugins.length, 'plugins'))
  }
  const disabled = await disabledPlugins(components, place)
  const found: ExtensionSighting[] = []
  for (const path of plugins.slice(0, MAX_EXTENSIONS)) {
    const descriptor = await descriptorOf(components, path)
    if (descriptor !== undefined) found.push(sightingOf(init, place, { path, descriptor, disabled }))
  }
  return found
}

async function descriptorOf(components: EditorComponents, path: string): Promise<PluginDescriptor | undefined> {
  const { folders, sources } = components
  const jars = path.endsWith('.jar') ? [path] : (await jarsOf(components, path)).slice(0, MAX_JARS)
  try {
    for (const jar of jars) {
      const descriptor = readPluginDescriptor(await components.readBytes(jar, { maxBytes: MAX_JAR_BYTES }))
      if (descriptor !== undefined) return descriptor
    }
    if ((await folders.list(`${path}/META-INF`)).some(({ name }) => name === 'plugin.xml')) return undefined
    throw new SuretyError('INPUT_MALFORMED', 'no archive of the plugin has a descriptor')
  } catch (error) {
    sources.fault(SOURCE, path, error)
    return undefined
  }
}

/** The one named as the plugin first: it has the descriptor nearly always, and the others can be large. */
async function jarsOf({ folders }: EditorComponents, path: string): Promise<string[]> {
  const own = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  const names = (await folders.list(`${path}/lib`))
    .filter(({ name, kind }) => kind === 'file' && name.endsWith('.jar'))
    .map(({ name }) => name)
  const rank = (name: string) => Number(!name.toLowerCase().startsWith(own))
  return names.sort((a, b) => rank(a) - rank(b)).map((name) => `${path}/lib/${name}`)
}

async function disabledPlugins(
  { folders, sources }: EditorComponents,
  { settings }: Product,
): Promise<ReadonlySet<string> | undefined> {
  const path = `${settings}/disabled_plugins.txt`
  try {
    const text = await folders.files.readText(path, { maxBytes: MAX_DISABLED_BYTES })
    return new Set(text.split('\n').map((line) => line.trim()))
  } catch (error) {
    if (codeOf(error) === 'FILE_ABSENT') return new Set()
    sources.fault(SOURCE, path, error)
    return undefined
  }
}

function sightingOf(
  init: EditorInit,
  { product, folder }: Product,
  plugin: { path: string; descriptor: PluginDescriptor; disabled: ReadonlySet<string> | undefined },
): ExtensionSighting {
  const { descriptor, disabled, path } = plugin
  const entry = init.known.jetbrains.get(descriptor.id)
  return {
    kind: 'extension',
    id: sightingId('extension', 'jetbrains', init.user.id, folder, descriptor.id),
    name: toldName(descriptor.name),
    ...(descriptor.version === undefined ? {} : { version: boundedText(descriptor.version, 64) }),
    ...(descriptor.vendor === undefined ? {} : { vendor: boundedText(descriptor.vendor, 128) }),
    user: init.user,
    host: 'jetbrains',
    product: boundedText(product, 64),
    profile: 'Default',
    extensionId: toldName(descriptor.id),
    enabled: disabled === undefined ? 'unknown' : !disabled.has(descriptor.id),
    installSource: 'unknown',
    permissions: [],
    hostPermissions: [],
    broadHosts: false,
    ...catalogueFacts(entry, descriptor.id),
    path: path.slice(0, 4096),
  }
}
