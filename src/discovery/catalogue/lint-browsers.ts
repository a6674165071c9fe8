import type { Browser } from './browser-facts.ts'
import type { Catalogue } from './catalogue.ts'
import { ORDINARY_FOLDERS, segmentsOf, spellingFault } from './lint-breadth.ts'

/** So many `*` in one place of profiles: each is a folder that is listed in every home. */
const MAX_STARS = 2
const SYSTEMS = ['linux', 'darwin', 'windows'] as const

/** Faults in what a catalogue says of browsers. */
export function browserFaults({ browsers = [], sources }: Catalogue): string[] {
  const owners = new Map<string, string>()
  const twice = (browser: Browser, what: string) => {
    const owner = owners.get(what)
    if (owner === undefined) owners.set(what, browser.id)
    return owner === undefined ? [] : [`${what} is already in ${owner}`]
  }
  return browsers.flatMap((browser) =>
    [
      ...twice(browser, `browser ${browser.id}`),
      ...placesOf(browser).flatMap(({ system, path }) => [
        ...twice(browser, `${system} ${path}`),
        ...placeFault(system === 'windows' ? path.replaceAll('\\', '/') : path),
      ]),
      ...(placesOf(browser).length === 0 ? ['has no place on any system'] : []),
      ...[...new Set([...browser.sources, ...factSources(browser)])]
        .filter((source) => !Object.hasOwn(sources, source))
        .map((source) => `source ${source} is not described`),
    ].map((fault) => `browser ${browser.id}: ${fault}`),
  )
}

function placesOf(browser: Browser) {
  return SYSTEMS.flatMap((system) => (browser[system]?.profiles ?? []).map(({ path }) => ({ system, path })))
}

function placeFault(path: string): string[] {
  const fault = spellingFault(path)
  if (fault !== undefined) return [`folder ${path} ${fault}`]
  if (path.includes('**')) return [`folder ${path} would look through every folder`]
  const segments = segmentsOf(path)
  if (segments.filter((segment) => segment.includes('*')).length > MAX_STARS) {
    return [`folder ${path} would look through too many folders`]
  }
  if (/^~\/[^/]*\*/.test(path)) return [`folder ${path} would look through every folder of a home`]
  return ORDINARY_FOLDERS.includes(path) ? [`folder ${path} is everybody's`] : []
}

function factSources({ linux, darwin, windows }: Browser): string[] {
  const facts = [linux, darwin].flatMap((places) => [
    ...(places?.profiles ?? []),
    ...(places?.messagingHosts ?? []),
    ...(places?.executables ?? []),
  ])
  return [...facts, ...(windows?.profiles ?? [])].flatMap(({ source }) => (source === undefined ? [] : [source]))
}
