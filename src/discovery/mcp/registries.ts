import type { PackageSpec } from './package-spec.ts'

type Ecosystem = PackageSpec['ecosystem']

const USUAL: Readonly<Record<Ecosystem, RegExp>> = {
  npm: /^https:\/\/registry\.(?:npmjs\.org|yarnpkg\.com)\/?$/i,
  pypi: /^(?:[\w-]+=)?https:\/\/pypi\.org\/simple\/?$/i,
  docker: /^$/,
}

/** Does everybody who names no registry fetch from there? */
export function isUsual(ecosystem: Ecosystem, address: string): boolean {
  return USUAL[ecosystem].test(address)
}

/** Variables that say where packages are fetched from, or name a file that may. */
const VARIABLES: Readonly<Record<Ecosystem, RegExp>> = {
  npm: /^(?:npm_config_(?:.*registry|userconfig|globalconfig)|(?:bun|pnpm)_config_registry|yarn_npm_registry_server|yarn_registry)$/i,
  pypi: /^(?:UV_(?:INDEX|DEFAULT_INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|CONFIG_FILE)|PIP_(?:INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|CONFIG_FILE))$/,
  docker: /^$/,
}

/** Has a variable packages of this kind fetched from elsewhere? Its value stays on the device. */
export function isFetchedElsewhere(
  ecosystem: Ecosystem,
  variables: readonly (readonly [name: string, value: string])[],
): boolean {
  return variables.some(
    ([name, value]) => VARIABLES[ecosystem].test(name) && value !== '' && !isUsual(ecosystem, value),
  )
}
