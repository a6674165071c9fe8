import { unzipSync } from 'fflate'
import { boundedText } from '../redaction/bounded-text.ts'

/** What a JetBrains plugin says of itself in `META-INF/plugin.xml`. */
export interface PluginDescriptor {
  readonly id: string
  readonly name: string
  readonly version: string | undefined
  readonly vendor: string | undefined
}

const DESCRIPTOR = 'META-INF/plugin.xml'
const MAX_DESCRIPTOR_BYTES = 1024 * 1024

/**
 * @param jar a whole archive of the plugin's `lib` folder.
 * @returns undefined when it is not the one with the descriptor, or no archive at all.
 */
export function readPluginDescriptor(jar: Uint8Array): PluginDescriptor | undefined {
  const xml = extract(jar)
  return xml === undefined ? undefined : parseDescriptor(new TextDecoder().decode(xml))
}

/** The size in the archive's index bounds what is unpacked: the output gets a buffer of that length and no more. */
function extract(jar: Uint8Array): Uint8Array | undefined {
  try {
    const filter = ({ name, originalSize }: { name: string; originalSize: number }) =>
      name === DESCRIPTOR && originalSize <= MAX_DESCRIPTOR_BYTES
    return unzipSync(jar, { filter })[DESCRIPTOR]
  } catch {
    return undefined
  }
}

function parseDescriptor(xml: string): PluginDescriptor | undefined {
  const text = withoutComments(xml)
  const name = element(text, 'name')
  // A plugin without an id is known by its name.
  const id = element(text, 'id') ?? name
  if (id === undefined) return undefined
  return { id, name: name ?? id, version: element(text, 'version'), vendor: element(text, 'vendor') }
}

/** In one pass: a comment that never ends hides the rest, as it does for a parser. */
function withoutComments(xml: string): string {
  let text = ''
  let at = 0
  for (let start = xml.indexOf('<!--'); start !== -1; start = xml.indexOf('<!--', at)) {
    text += xml.slice(at, start)
    const end = xml.indexOf('-->', start + 4)
    if (end === -1) return text
    at = end + 3
  }
  return text + xml.slice(at)
}

/** The first of this name: in a descriptor those of the plugin itself come before all that is nested. */
function element(xml: string, name: string): string | undefined {
  const open = new RegExp(`<${name}(?:\\s[^<>]{0,512})?>`).exec(xml)
  if (open === null) return undefined
  const start = open.index + open[0].length
  const end = xml.indexOf(`</${name}>`, start)
  if (end === -1 || end - start > 1_024) return undefined
  const value = xml
    .slice(start, end)
    .replace(/^\s*<!\[CDATA\[([\s\S]*)\]\]>\s*$/, '$1')
    .trim()
  return value === '' || value.includes('<') ? undefined : boundedText(unescapeXml(value), 256)
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescapeXml(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? '')
}
