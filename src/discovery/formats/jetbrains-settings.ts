import type { JsonObject } from '../../base/json-object.ts'
import { parseXml, type XmlElement } from './xml.ts'

/** Components with MCP servers of AI Assistant: of the IDE, and of a project. */
const SERVERS = ['McpApplicationServerCommands', 'McpProjectServerCommands'] as const
/** `$USER_HOME$/…` for each project that was opened. */
const PROJECTS = 'RecentProjectsManager'

/**
 * Reads MCP servers and recent projects from `options/*.xml` and `workspace.xml` of JetBrains IDEs: by component, a list of servers
 * in the shape that other clients write, or a list of project folders. Other components are left out.
 *
 * @throws as `parseXml`.
 */
export function readJetbrainsSettings(text: string): JsonObject {
  const root = parseXml(text)
  const components = root.children.filter(({ name }) => name === 'component')
  const named = (wanted: string) => components.filter(({ attributes }) => attributes.get('name') === wanted)
  const servers = SERVERS.map((name) => [name, named(name).flatMap(serversIn)] as const)
  const projects = named(PROJECTS).flatMap((component) => optionIn(component, 'additionalInfo')?.children ?? [])
  const folders = projects.flatMap((map) => map.children.flatMap(({ attributes }) => attributes.get('key') ?? []))
  return {
    ...Object.fromEntries(servers.filter(([, list]) => list.length > 0)),
    ...(folders.length === 0 ? {} : { [PROJECTS]: folders }),
  }
}

/** Until 2025.2 servers are children of the component itself, later of `commands` and `urls` in it. */
function serversIn({ children }: XmlElement): JsonObject[] {
  const groups = children.filter(({ name }) => name === 'commands' || name === 'urls')
  return [...children, ...groups.flatMap((group) => group.children)]
    .filter(({ name }) => name.startsWith('McpServer'))
    .map(serverOf)
}

/** A server with only a name is defined in `mcp.json`; here it is switched on or off. */
function serverOf(element: XmlElement): JsonObject {
  const textOf = (name: string) => optionIn(element, name)?.attributes.get('value') ?? ''
  const env = pairsIn(
    element.children.find(({ name }) => name === 'envs'),
    'name',
  )
  const headers = pairsIn(optionIn(element, 'headers')?.children[0], 'key')
  return {
    name: textOf('name'),
    enabled: textOf('enabled') !== 'false',
    command: textOf('programPath'),
    args: argumentsIn(textOf('arguments')),
    url: textOf('url'),
    env,
    headers,
  }
}

function optionIn({ children }: XmlElement, wanted: string): XmlElement | undefined {
  return children.find(({ name, attributes }) => name === 'option' && attributes.get('name') === wanted)
}

function pairsIn(element: XmlElement | undefined, key: 'name' | 'key'): JsonObject {
  const pairs = (element?.children ?? []).map(({ attributes }) => [attributes.get(key) ?? '', attributes.get('value')])
  return Object.fromEntries(pairs.filter(([name]) => name !== ''))
}

/** Splits one line; an argument with blanks has quotes around it. */
function argumentsIn(line: string): string[] {
  return (line.match(/(?:"[^"]*"|[^\s"])+/g) ?? []).map((word) => word.replaceAll('"', ''))
}
