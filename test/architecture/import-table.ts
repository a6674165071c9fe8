/** Who may import whom. The tests beside this file hold the sources and `docs/reference/imports.md` to it. */

/**
 * What each folder of `src/` may import besides itself. A name without a slash stands for all folders below it too. Every folder
 * has a row, and a description in `folders.ts`. After a change run `node scripts/run.cjs scripts/make-import-page.ts`.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  'base/text': ['base'],
  'base/property-lists': [],
  protocol: ['base'],
  'protocol/messages': ['base', 'protocol'],
  'protocol/api': ['base', 'protocol', 'protocol/messages'],
  checks: [],
  'view/checks': ['base', 'checks', 'protocol'],
  view: ['base', 'protocol', 'view/checks'],
  'view/sightings': ['base', 'protocol', 'view'],
  crypto: ['base', 'protocol'],
  'crypto/tpm': ['base'],
  'crypto/x509': ['base', 'crypto'],

  'system/files': ['base'],
  'system/mounts': ['base', 'system/files'],
  'system/native': ['base', 'system/files'],
  'system/users': ['base', 'system/files', 'system/mounts'],
  'system/sqlite': ['base', 'system/files'],
  'system/processes': ['base', 'system/mounts'],
  'system/processes/linux': ['base', 'system/files', 'system/mounts', 'system/native', 'system/processes'],
  'system/processes/darwin': ['base', 'system/files', 'system/mounts', 'system/processes'],
  'system/processes/windows': ['base', 'system/files', 'system/processes'],
  'system/freezer': ['base', 'system/files', 'system/mounts', 'system/native'],
  'system/program': ['base', 'system/files', 'system/native'],
  'system/facts': ['base', 'system/program', 'system/users'],
  'system/enforcement': ['base', 'system/files', 'system/native', 'system/program'],
  'system/logging': ['base', 'system/files', 'system/program'],
  'system/socket': ['base', 'system/files', 'system/logging', 'system/native', 'system/program'],
  'system/desktop': ['base'],
  'system/privileges': ['base', 'system/program', 'system/users'],
  system: [
    'base',
    ...[
      'enforcement',
      'facts',
      'files',
      'freezer',
      'mounts',
      'privileges',
      'processes',
      'program',
      'socket',
      'users',
    ].map((folder) => `system/${folder}`),
  ],
  'system/platform': ['base', 'system'],

  config: ['base', 'checks', 'protocol', 'system'],
  mdm: ['base', 'config', 'system'],
  'keys/provider': ['base', 'protocol', 'system'],
  'keys/tpm': ['base', 'crypto', 'system', 'keys/provider'],
  'keys/pkcs11': ['base', 'crypto', 'system', 'keys/provider'],
  'keys/cng': ['base', 'crypto', 'system', 'keys/provider', 'keys/tpm'],
  'keys/secure-enclave': ['base', 'crypto', 'system', 'keys/provider'],
  'keys/software': ['base', 'system', 'keys/provider'],
  keys: ['base', 'system', 'keys'],
  'posture/parsers': ['base', 'system/mounts'],
  posture: ['base', 'checks', 'protocol', 'system', 'posture/parsers'],
  'posture/linux': ['base', 'protocol', 'system', 'posture'],
  'posture/darwin': ['base', 'system', 'posture'],
  'posture/windows': ['base', 'system', 'posture'],

  'discovery/redaction': ['base'],
  'discovery/shell': [],
  'discovery/formats': ['base'],
  'discovery/catalogue': ['base', 'system'],
  'discovery/files': ['base', 'protocol', 'system', ...discovery('formats', 'catalogue', 'redaction')],
  'discovery/matching': ['base', 'protocol', 'system', ...discovery('catalogue', 'redaction', 'files')],
  'discovery/process-table': ['base', 'system', ...discovery('redaction', 'matching')],
  'discovery/scheduling': ['system', ...discovery('matching', 'process-table')],
  'discovery/installed': [
    ...['base', 'protocol', 'system'],
    ...discovery('formats', 'catalogue', 'redaction', 'files', 'matching'),
  ],
  'discovery/editors': ['base', 'protocol', ...discovery('formats', 'redaction', 'files', 'matching')],
  'discovery/plugins': ['base', ...discovery('formats', 'catalogue', 'redaction', 'files', 'installed')],
  'discovery/launch': ['base', 'protocol', 'system', ...discovery('shell', 'formats', 'redaction', 'matching')],
  'discovery/agent-files': [
    ...['base', 'protocol', 'system'],
    ...discovery('shell', 'formats', 'catalogue', 'redaction', 'files', 'matching', 'installed', 'plugins', 'launch'),
  ],
  'discovery/mcp': [
    ...['base', 'protocol', 'system'],
    ...discovery('formats', 'catalogue', 'redaction', 'files', 'matching', 'scheduling'),
    ...discovery('installed', 'plugins', 'launch'),
  ],
  'discovery/runtimes': [
    ...['base', 'protocol', 'system'],
    ...discovery('formats', 'catalogue', 'redaction', 'files', 'matching', 'installed'),
  ],
  'discovery/running': [
    ...['base', 'protocol', 'system'],
    ...discovery('catalogue', 'redaction', 'matching', 'installed', 'mcp', 'runtimes'),
  ],
  'discovery/browsers': [
    ...['base', 'protocol', 'system'],
    ...discovery('formats', 'catalogue', 'redaction', 'files', 'matching', 'scheduling', 'installed', 'running'),
  ],
  'discovery/unknown': [
    ...['protocol', 'system'],
    ...discovery('shell', 'redaction', 'matching', 'process-table', 'scheduling', 'launch', 'running'),
  ],
  'discovery/homes': [
    ...['base', 'protocol', 'system'],
    ...discovery('formats', 'catalogue', 'files', 'matching', 'launch'),
    ...discovery('agent-files', 'browsers', 'editors', 'installed', 'mcp', 'plugins', 'runtimes'),
  ],
  discovery: ['base', 'protocol', 'system', 'discovery'],
  reader: ['base', 'protocol', 'system', 'posture', 'discovery'],

  'daemon/health': ['base', 'protocol'],
  'daemon/clock': ['base', 'daemon/health'],
  'daemon/schedule': ['base', 'config'],
  'daemon/enrolment': ['base', 'protocol', 'system'],
  'daemon/state': ['base', 'protocol', 'system', 'daemon/health'],
  'daemon/spool': ['base', 'protocol', 'crypto', 'system'],
  'daemon/evidence': ['base', 'protocol', 'crypto', 'keys/provider', ...daemon('health', 'state', 'spool')],
  'daemon/control': ['base', 'protocol', 'system', ...daemon('health', 'state', 'spool', 'evidence')],
  'daemon/stream': [
    ...['base', 'protocol', 'crypto', 'system', 'keys/provider'],
    ...daemon('health', 'clock', 'state', 'spool', 'control'),
  ],
  'daemon/keys': ['base', 'keys/provider', ...daemon('health', 'state', 'stream')],
  'daemon/enforcement': ['base', 'protocol', 'system', 'discovery', ...daemon('health', 'state')],
  'daemon/login-line': ['base', 'protocol', 'view'],
  'daemon/agent-claims': ['base', 'protocol', ...daemon('health', 'state', 'evidence')],
  'daemon/orders': ['base', 'protocol', 'system', ...daemon('health', 'state', 'stream')],
  'daemon/catalogue': [
    ...['base', 'protocol', 'crypto', 'system', 'discovery/catalogue'],
    ...daemon('health', 'state', 'stream'),
  ],
  'daemon/updates': ['base', 'protocol', 'crypto', 'system', ...daemon('health', 'state')],
  'daemon/collection': [
    ...['base', 'protocol', 'system', 'discovery'],
    ...daemon('health', 'schedule', 'spool', 'evidence', 'stream'),
  ],
  'daemon/settings': ['base', 'protocol', 'config', ...daemon('health', 'state')],
  'daemon/tamper': ['base', 'protocol', 'system', 'config', ...daemon('health', 'clock', 'state', 'spool', 'evidence')],
  daemon: ['base', 'protocol', 'crypto', 'system', 'config', 'keys', 'posture', 'discovery', 'reader', 'daemon'],

  archive: ['base', 'protocol', 'crypto'],
  'command-line': ['base', 'view'],
  'cli/tray': ['base', 'checks', 'protocol', 'view', 'system/desktop'],
  'cli/command': ['base', 'checks', 'protocol', 'system', 'view', 'command-line', 'cli/tray'],
  'cli/agents': ['base', 'protocol', 'view', 'command-line', 'cli/command'],
  'cli/status': ['base', 'checks', 'protocol', 'view', 'command-line', 'cli/command', 'cli/agents'],
  'cli/offline': [
    ...['base', 'checks', 'protocol', 'system', 'archive', 'mdm', 'view', 'command-line'],
    ...['cli/command', 'cli/tray'],
  ],
  cli: ['base', 'checks', 'protocol', 'system', 'config', 'view', 'command-line', 'cli'],

  directory: ['base', 'protocol', 'crypto', 'system', 'config', 'directory'],
  'directory/policy': ['base', 'checks', 'protocol', 'crypto'],
  'directory/appraisal': ['base', 'protocol', 'crypto', 'directory/policy'],
  'directory/http': ['base', 'protocol'],
  'directory/activity': ['base', 'protocol', 'directory/http'],
  'directory/audit': ['protocol'],
  'directory/summary': ['base', 'checks', 'protocol', ...directory('http', 'principals', 'stops')],
  'directory/authority': ['base', 'protocol', 'crypto', 'system', 'directory/http'],
  'directory/principals': ['base', 'protocol', 'crypto', 'system', ...directory('audit', 'http')],
  'directory/devices': [
    'base',
    'checks',
    'protocol',
    'crypto',
    ...directory('activity', 'appraisal', 'audit', 'http', 'policy'),
  ],
  'directory/versions': ['base', 'crypto'],
  'directory/workers': ['base'],
  'directory/policy-versions': [
    ...['base', 'protocol', 'crypto'],
    ...directory('appraisal', 'audit', 'devices', 'http', 'policy', 'versions', 'workers'),
  ],
  'directory/re-enrolments': ['base', 'protocol', ...directory('audit', 'devices', 'http')],
  'directory/enrolment': [
    ...['base', 'protocol', 'crypto'],
    ...directory('activity', 'appraisal', 'audit', 'devices', 'http', 're-enrolments'),
  ],
  'directory/orders': ['base', 'protocol', 'crypto', ...directory('activity', 'audit', 'devices', 'http')],
  'directory/tamper': ['base', 'protocol', ...directory('activity', 'devices', 'policy')],
  'directory/stops': ['base', 'protocol', ...directory('audit', 'devices', 'http', 'orders', 'principals', 'workers')],
  'directory/evidence': [
    ...['base', 'checks', 'protocol', 'crypto'],
    ...directory(
      'activity',
      'appraisal',
      'audit',
      'claims',
      'devices',
      'http',
      'humans',
      'seen',
      'stops',
      'tamper',
      'workers',
    ),
  ],
  'directory/catalogues': ['base', 'protocol', 'crypto', 'discovery/catalogue', ...directory('audit', 'http')],
  'directory/humans': ['base', 'protocol', ...directory('activity', 'audit', 'devices', 'http', 'workers')],
  'directory/scim/attributes': ['base', 'crypto'],
  'directory/scim': ['base', 'protocol', ...directory('audit', 'http', 'humans', 'registrations', 'scim/attributes')],
  'directory/rule-set': ['base', 'protocol', 'directory/policy'],
  'directory/rule-versions': [
    ...['base', 'protocol'],
    ...directory('audit', 'http', 'registrations', 'rule-set', 'stops', 'versions', 'workers'),
  ],
  'directory/zombies': ['base', 'protocol', ...directory('audit', 'http', 'rule-set', 'workers')],
  'directory/reviews': ['base', 'protocol', ...directory('audit', 'http', 'humans', 'registrations', 'workers')],
  'directory/registrations': [
    'base',
    'protocol',
    ...directory('audit', 'devices', 'http', 'humans', 'stops', 'workers'),
  ],
  'directory/claims': [...['base', 'protocol'], ...directory('activity', 'audit', 'devices', 'http', 'humans', 'seen')],
  'directory/backups': ['base', 'protocol', 'system', 'directory/audit'],
  'directory/seen': [
    ...['base', 'protocol', 'crypto'],
    ...directory('activity', 'audit', 'devices', 'http', 'humans', 'registrations', 'stops', 'workers'),
  ],
  'directory/webhooks': ['base', 'protocol', 'system', ...directory('activity', 'audit', 'http')],
  'directory/updates': ['base', 'protocol', 'crypto', 'system'],
  'directory/watching': ['base', 'checks', 'protocol', ...directory('http', 'summary')],
  'directory/fleet': ['base', 'protocol', ...directory('devices', 'http')],
  'directory/ingress/sockets': ['base', 'protocol'],
  'directory/ingress': [
    ...['base', 'protocol', 'crypto'],
    ...directory('devices', 'enrolment', 'evidence', 'ingress/sockets', 're-enrolments'),
  ],
  'directory/store': [
    ...['base', 'protocol', 'system', 'directory/store/migrations'],
    ...directory('activity', 'appraisal', 'audit', 'backups', 'catalogues', 'claims', 'devices', 'enrolment'),
    ...directory('evidence', 'fleet', 'http'),
    ...directory(
      'humans',
      'registrations',
      'reviews',
      'rule-set',
      'rule-versions',
      'scim',
      'seen',
      'versions',
      'webhooks',
      'zombies',
    ),
    ...directory('orders', 'policy-versions', 'principals', 're-enrolments', 'stops', 'summary', 'tamper'),
  ],
  'directory/store/migrations': [],
  'directory/local': [
    ...['base', 'system', 'config'],
    ...directory('authority', 'backups', 'principals', 'store', 'updates'),
  ],
  'admin/connection': ['base', 'protocol', 'config', 'system', 'directory/policy'],
  'admin/command': ['base', 'protocol', 'config', 'system', 'view', 'command-line', 'admin/connection'],
  'admin/names': ['base', 'protocol', ...admin('command', 'connection')],
  'admin/devices': ['base', 'protocol', 'system', 'view', ...admin('command', 'connection', 'names')],
  'admin/stops': ['base', 'protocol', 'view', ...admin('command', 'connection', 'names')],
  'admin/agents': ['base', 'protocol', 'view', ...admin('command', 'connection', 'names', 'stops')],
  'admin/people': ['base', 'protocol', 'system', 'view', ...admin('command', 'connection', 'names')],
  'admin/policy': ['base', 'protocol', 'view', 'directory/policy', 'directory/rule-set', ...admin('command')],
  'admin/events': ['base', 'protocol', 'system', 'view', 'command-line', ...admin('command', 'connection', 'names')],
  'admin/local': [
    ...['base', 'protocol', 'config', 'system', 'view', 'command-line'],
    ...admin('command', 'connection', 'devices'),
  ],
  admin: ['base', 'checks', 'protocol', 'config', 'system', 'command-line', 'admin'],
}

function discovery(...folders: readonly string[]): readonly string[] {
  return folders.map((folder) => `discovery/${folder}`)
}

function directory(...folders: readonly string[]): readonly string[] {
  return folders.map((folder) => `directory/${folder}`)
}

function admin(...folders: readonly string[]): readonly string[] {
  return folders.map((folder) => `admin/${folder}`)
}

function daemon(...folders: readonly string[]): readonly string[] {
  return folders.map((folder) => `daemon/${folder}`)
}

/** Modules that only the named files may load; a name that ends in `/` is a folder. */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  'node:child_process': ['system/program/command.ts'],
  'node:sqlite': ['system/sqlite/'],
  pkcs11js: ['keys/pkcs11/pkcs11-module.ts'],
  typebox: ['base/schema.ts'],
  'typebox/compile': ['base/schema.ts'],
  ws: ['daemon/stream/', 'directory/ingress/'],
  winston: ['system/logging/winston-log.ts'],
  'node-cron': ['daemon/schedule/'],
  systeminformation: ['posture/'],
  'node-machine-id': ['posture/'],
  fastify: ['directory/http/'],
  'tuf-js': ['daemon/updates/'],
  '@tufjs/models': ['directory/updates/'],
  commander: ['command-line/', 'cli/', 'admin/', 'main-cli.ts', 'main-daemon.ts', 'main-directory.ts'],
}
