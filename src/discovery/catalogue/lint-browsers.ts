import type { Browser, Catalogue } from './catalogue.ts'
import { segmentsOf, spellingFault } from './lint-breadth.ts'
import { ORDINARY_FOLDERS } from './ordinary.ts'

/** So many `*` in one place of profiles: each is a folder that is listed in every home. */
const MAX_STARS = 2
const SYSTEMS = ['linux', 'darwin', 'windows'] as const

/** Sites that people visit, or that answer for more than models. */
const ORDINARY_HOSTS: readonly string[] = [
  'google.com',
  'www.google.com',
  'www.googleapis.com',
  'github.com',
  'api.github.com',
]

/** Faults in what a catalogue says of browsers and of what their extensions speak to. */
export function browserFaults(catalogue: Catalogue): string[] {
  return [...placeFaults(catalogue), ...hostFaults(catalogue)]
}

function hostFaults({ modelHosts = [], sources }: Catalogue): string[] {
  return modelHosts.flatMap(({ host, source }, at) => [
    ...(modelHosts.findIndex((other) => other.host === host) < at ? [`model host ${host} appears twice`] : []),
    ...(ORDINARY_HOSTS.includes(host) ? [`model host ${host} answers for more than models`] : []),
    ...(source === undefined || !Object.hasOwn(sources, source)
      ? [`source ${source ?? ''} of model host ${host} is not described`]
      : []),
  ])
}

function placeFaults({ browsers = [], sources }: Catalogue): string[] {
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
      ...programsOf(browser).flatMap((path) => {
        const fault = spellingFault(path)
        return fault === undefined ? [] : [`pattern ${path} ${fault}`]
      }),
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

function programsOf({ linux, darwin }: Browser): string[] {
  return [linux, darwin].flatMap((places) =>
    [...(places?.executables ?? []), ...(places?.messagingHosts ?? [])].map(({ path }) => path),
  )
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
