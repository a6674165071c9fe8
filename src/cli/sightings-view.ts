import type { AgentSighting, ExtensionSighting, Sighting } from '../protocol/sighting.ts'

/** Rows of `surety agents` and `surety extensions`. */
export function agentRows(agents: readonly AgentSighting[]): string[][] {
  return agents
    .toSorted((a, b) => b.state.localeCompare(a.state) || a.name.localeCompare(b.name))
    .map(({ state, name, version, user, process, path, flags }) => [
      state,
      `${name} ${version ?? ''}`.trimEnd(),
      user?.name ?? '-',
      process === undefined ? '-' : `pid ${process.pid}`,
      `${process?.executable ?? path ?? ''}${flags?.length ? `  (${flags.join(' ')})` : ''}`,
    ])
}

export function extensionRows(extensions: readonly ExtensionSighting[]): string[][] {
  return extensions
    .toSorted((a, b) => Number(b.ai) - Number(a.ai) || a.name.localeCompare(b.name))
    .map(({ ai, name, version, product, profile, user, enabled, broadHosts, installSource }) => [
      ai ? 'AI' : '-',
      `${name} ${version ?? ''}`.trimEnd(),
      `${product}/${profile}`,
      user?.name ?? '-',
      enabled === true ? 'enabled' : enabled === false ? 'disabled' : 'unknown',
      installSource,
      broadHosts ? 'reads every site' : '',
    ])
}

export function isAgent(sighting: Sighting): sighting is AgentSighting {
  return sighting.kind === 'agent'
}

export function isExtension(sighting: Sighting): sighting is ExtensionSighting {
  return sighting.kind === 'extension'
}
