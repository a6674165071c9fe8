import type { AgentSighting, ExtensionSighting, McpServerSighting, Sighting } from '../protocol/sighting.ts'

/** Rows of `surety agents`, `surety extensions` and `surety mcp`. */
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

export function mcpServerRows(servers: readonly McpServerSighting[]): string[][] {
  return servers
    .toSorted((a, b) => a.name.localeCompare(b.name) || a.configuration.localeCompare(b.configuration))
    .map((server) => [
      server.enabled === true ? 'enabled' : server.enabled === false ? 'disabled' : 'unknown',
      `${server.name} ${server.version ?? ''}`.trimEnd(),
      server.client,
      server.user?.name ?? 'everybody',
      reachOf(server),
      warningsOf(server).join(', '),
      server.configuration,
    ])
}

function reachOf({ package: spec, endpoint, command }: McpServerSighting): string {
  return spec === undefined ? (endpoint ?? command ?? '-') : `${spec.ecosystem} ${spec.name}`
}

function warningsOf(server: McpServerSighting): string[] {
  return [
    ...(server.plaintextSecret ? ['secret in the file'] : []),
    ...(server.writableByOthers ? ['others may change it'] : []),
    ...(server.cleartext ? ['no TLS'] : []),
    ...(server.shell ? ['through a shell'] : []),
    ...(server.unpinned ? ['any version'] : []),
  ]
}

export function isMcpServer(sighting: Sighting): sighting is McpServerSighting {
  return sighting.kind === 'mcp-server'
}

export function isAgent(sighting: Sighting): sighting is AgentSighting {
  return sighting.kind === 'agent'
}

export function isExtension(sighting: Sighting): sighting is ExtensionSighting {
  return sighting.kind === 'extension'
}
