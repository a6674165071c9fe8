import type { Database } from '../../../src/system/sqlite/sqlite.ts'

export interface FleetSize {
  readonly devices: number
  /** On each. */
  readonly sightings: number
}

const DAY_MS = 86_400_000

/**
 * A fleet written by SQL alone. Of a device's sightings the first eight are agents, the next fifth MCP servers, the last a model
 * runtime, and the rest extensions. One device in a hundred has an unknown agent, an autonomous one, one past its end, an
 * idle one, a rare one, and an MCP server that starts something else.
 */
export function seedFleet(database: Database, { devices, sightings }: FleetSize, now: number): void {
  const agents = 8
  const servers = agents + Math.floor(sightings / 5)
  const id = `'dev_' || printf('%021d', d) || 'A'`
  const odd = 'd % 100 = 7'
  const catalogued = `iif(${odd} AND s = 3, 'rare-' || (d / 1000), 'agent-' || s)`
  const agent = `json_patch(json_object('kind', 'agent', 'id', sid, 'evidence', json_array('executable /usr/bin/agent'),
    'name', 'Agent ' || s, 'version', '1.' || (d % 5) || '.0', 'user', json_object('id', '1000', 'name', 'alice'),
    'state', iif(s < 2, 'running', 'installed'), 'agentKind', iif(${odd} AND s = 1, 'unknown', 'cli-agent'),
    'autonomy', json_object('level', iif(${odd} AND s = 0, 'autonomous', 'asks'), 'because', json_array()),
    'lastUsedAt', ${now} - iif(${odd} AND s = 2, 90, 1) * ${DAY_MS}),
    iif(${odd} AND s = 1, '{}', json_object('catalogueId', ${catalogued}, 'endOfLife', iif(${odd} AND s = 4, '2020-01-01', NULL))))`
  const extension = `json_object('kind', 'extension', 'id', sid, 'name', 'Extension ' || s, 'evidence', json_array('manifest'),
    'user', json_object('id', '1000', 'name', 'alice'), 'host', 'chromium', 'product', 'chromium', 'profile', 'Default',
    'extensionId', printf('%032d', s), 'enabled', json('true'), 'installSource', 'store',
    'permissions', json_array('tabs', 'storage'), 'hostPermissions', json_array('<all_urls>'), 'broadHosts', json('true'),
    'ai', json(iif(s % 50 = 0, 'true', 'false')))`
  const server = `json_object('kind', 'mcp-server', 'id', sid, 'name', 'server-' || s, 'evidence', json_array('file'),
    'client', 'cursor', 'scope', 'user', 'configuration', '/home/alice/.cursor/mcp.json', 'enabled', json('true'),
    'transport', 'stdio', 'command', iif(${odd} AND s % 10 = 0, '/tmp/other', 'npx'), 'environment', json_array('TOKEN'),
    'unpinned', json('false'), 'shell', json('false'), 'cleartext', json('false'), 'plaintextSecret', json('false'),
    'writableByOthers', json('false'), 'launchHash', sid)`
  const runtime = `json_object('kind', 'model-runtime', 'id', sid, 'name', 'Ollama', 'catalogueId', 'ollama',
    'evidence', json_array('executable'), 'state', 'running', 'listens', json_array(), 'models', json_array('llama3'))`
  const kind = `CASE WHEN s < ${agents} THEN 'agent' WHEN s < ${servers} THEN 'mcp-server'
    WHEN s = ${sightings - 1} THEN 'model-runtime' ELSE 'extension' END`
  const series = (name: string, count: number) =>
    `${name} AS (SELECT 0 AS ${name} UNION ALL SELECT ${name} + 1 FROM ${name} WHERE ${name} + 1 < ${count})`
  database.transaction(() =>
    database.exec(`
      INSERT INTO tokens (id, secret_hash, owner, minimum_tier, created_at, expires_at, uses, used)
        VALUES ('tok', 'x', 'alice', 'software', 1, 2, 1, 1);
      WITH RECURSIVE ${series('d', devices)}
      INSERT INTO devices (id, epoch, status, tier, owner, token, application_key, label_json, enrolled_at, head, last_seen,
          first_snapshot_at)
        SELECT ${id}, 1, 'active', 'software', 'alice', 'tok', 'key ' || d,
          json_object('hostname', 'laptop-' || d, 'platform', 'linux', 'arch', 'x64'), 1, '', ${now - 1000}, ${now - 9 * DAY_MS}
        FROM d;
      WITH RECURSIVE ${series('d', devices)}, ${series('s', sightings)},
        places AS (SELECT d, s, ${id} AS device, printf('%032x', d * 1000 + s) AS sid FROM d, s)
      INSERT INTO sightings (device, id, kind, name, json, first_seen, last_seen, snapshot)
        SELECT device, sid, ${kind}, 'x',
          CASE ${kind} WHEN 'agent' THEN ${agent} WHEN 'extension' THEN ${extension} WHEN 'mcp-server' THEN ${server}
            ELSE ${runtime} END,
          ${now} - iif(${odd} AND s = 5, 1, 10) * ${DAY_MS}, ${now - 1000}, 's'
        FROM places;
      UPDATE device_items SET arrived_at = NULL WHERE arrived_at < ${now - 9 * DAY_MS};
    `),
  )
}
