/** Who may import whom. The tests beside this file hold the sources and `docs/reference/imports.md` to it. */
import { DIRECTORY_MAY_IMPORT } from './directory-imports.ts'

const PAGE_OF_CONSOLE = ['base', 'checks', 'protocol', 'console/acts', 'console/data', 'console/parts', 'console/list']

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
  'protocol/noun': ['base', 'protocol'],
  'protocol/nouns': ['base', 'protocol'],
  'protocol/nouns/people': ['base', 'protocol', 'protocol/noun'],
  'protocol/nouns/devices': ['base', 'protocol', 'protocol/messages', 'protocol/noun'],
  'protocol/nouns/enrolment': ['base', 'protocol', 'protocol/messages', 'protocol/noun', 'protocol/nouns/devices'],
  'protocol/nouns/agents': ['base', 'protocol', 'protocol/messages', 'protocol/noun'],
  'protocol/nouns/directory': ['base', 'protocol'],
  checks: [],
  'view/checks': ['base', 'checks', 'protocol'],
  view: ['base', 'protocol', 'view/checks'],
  'view/sightings': ['base', 'protocol', 'view'],
  'view/events': ['base', 'protocol', 'view', 'view/sightings'],
  crypto: ['base', 'protocol'],
  'crypto/tpm': ['base'],
  'crypto/x509': ['base', 'crypto'],

  'system/files': ['base'],
  'system/files/own': ['base', 'system/files'],
  'system/files/foreign': ['base', 'system/files'],
  'system/cgroups': ['base', 'system/files'],
  'system/mounts': ['base', 'system/files'],
  'system/native': ['base', 'system/files'],
  'system/users': ['base', 'system/files', 'system/mounts'],
  'system/sqlite': ['base', 'system/files'],
  'system/processes': ['base', 'system/mounts'],
  'system/processes/linux': ['base', 'system/files', 'system/mounts', 'system/native', 'system/processes'],
  'system/processes/darwin': ['base', 'system/files', 'system/mounts', 'system/processes'],
  'system/processes/windows': ['base', 'system/files', 'system/processes'],
  'system/freezer': ['base', 'system/cgroups', 'system/files', 'system/mounts', 'system/native'],
  'system/program': ['base', 'system/files', 'system/native'],
  'system/facts': ['base', 'system/program', 'system/users'],
  'system/enforcement': ['base', 'system/cgroups', 'system/files', 'system/native', 'system/program'],
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
  'keys/tpm/transport': ['base', 'crypto', 'system'],
  'keys/tpm': ['base', 'crypto', 'system', 'keys/provider', 'keys/tpm/transport'],
  'keys/pkcs11': ['base', 'crypto', 'system', 'keys/provider'],
  'keys/cng': ['base', 'crypto', 'system', 'keys/provider', 'keys/tpm'],
  'keys/secure-enclave': ['base', 'crypto', 'system', 'keys/provider'],
  'keys/software': ['base', 'system', 'keys/provider'],
  keys: ['base', 'system', 'keys'],
  'posture/parsers': ['base'],
  'posture/parsers/access': ['base'],
  'posture/parsers/boot': [],
  'posture/parsers/disk': ['base', 'system/mounts'],
  'posture/parsers/network': ['base'],
  'posture/parsers/os': [],
  posture: ['base', 'checks', 'protocol', 'system', 'posture/parsers'],
  'posture/linux/programs': ['base', 'system', 'posture'],
  'posture/linux/access': ['base', 'system', 'posture'],
  'posture/linux/boot': ['base', 'posture'],
  'posture/linux/disk': ['base', 'system', 'posture'],
  'posture/linux/network': ['base', 'system', 'posture'],
  'posture/linux/os': ['base', 'system', 'posture'],
  'posture/linux/session': ['base', 'system', 'posture'],
  'posture/linux': ['posture'],
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
  'daemon/enforcement/stops': ['base', 'protocol', 'system', 'discovery'],
  'daemon/enforcement/agents': ['base', 'protocol', 'system', 'discovery', ...daemon('enforcement/stops')],
  'daemon/enforcement/exec-gate': ['base', 'system', 'discovery', ...daemon('health', 'enforcement/stops')],
  'daemon/enforcement': ['base', 'protocol', 'system', 'discovery', ...daemon('health', 'state', 'enforcement')],
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
  'daemon/record': ['base', 'protocol', 'tlog', ...daemon('health', 'state', 'evidence')],
  'daemon/tamper': ['base', 'protocol', 'system', 'config', ...daemon('health', 'clock', 'state', 'spool', 'evidence')],
  daemon: ['base', 'protocol', 'crypto', 'system', 'config', 'keys', 'posture', 'discovery', 'reader', 'daemon'],

  tlog: ['base'],
  'tlog/browser': ['base', 'tlog'],
  ocsf: ['base', 'protocol', 'view/events'],
  archive: ['base', 'protocol', 'crypto'],
  'archive/record': ['base', 'protocol', 'tlog', 'archive'],
  'command-line': ['base', 'view'],
  'cli/tray': ['base', 'checks', 'protocol', 'view', 'system/desktop'],
  'cli/command': ['base', 'checks', 'protocol', 'system', 'view', 'command-line', 'cli/tray'],
  'cli/agents': ['base', 'protocol', 'view', 'command-line', 'cli/command'],
  'cli/status': ['base', 'checks', 'protocol', 'view', 'command-line', 'cli/command', 'cli/agents'],
  'cli/audit': ['base', 'protocol', 'system', 'tlog', 'archive', 'view', 'command-line', 'cli/command'],
  'cli/offline': [
    ...['base', 'checks', 'protocol', 'system', 'tlog', 'archive', 'mdm', 'view', 'command-line'],
    ...['cli/audit', 'cli/command', 'cli/tray'],
  ],
  cli: ['base', 'checks', 'protocol', 'system', 'config', 'view', 'command-line', 'cli'],

  ...DIRECTORY_MAY_IMPORT,

  'admin/connection': ['base', 'protocol', 'config', 'system', 'directory/policy'],
  'admin/command': ['base', 'protocol', 'config', 'system', 'view', 'command-line', 'admin/connection'],
  'admin/overview': ['base', 'protocol', 'view', ...admin('command', 'connection')],
  'admin/names': ['base', 'protocol', ...admin('command', 'connection')],
  'admin/nouns': ['base', 'protocol', 'view', ...admin('command', 'connection', 'names')],
  'admin/devices': [
    ...['base', 'protocol', 'system', 'view', 'view/checks', 'command-line'],
    ...admin('command', 'connection', 'names', 'nouns'),
  ],
  'admin/stops': ['base', 'protocol', 'view', ...admin('command', 'connection', 'names', 'nouns')],
  'admin/agents': ['base', 'protocol', 'view', ...admin('command', 'connection', 'names', 'nouns', 'stops')],
  'admin/people': ['base', 'protocol', 'system', 'view', ...admin('command', 'connection', 'names', 'nouns')],
  'admin/policy': [
    'base',
    'protocol',
    'view',
    'directory/policy',
    'directory/rule-set',
    'directory/access-policy',
    ...admin('command', 'nouns'),
  ],
  'admin/configuration': ['base', 'protocol', 'system', 'view', 'directory/policy', ...admin('command', 'connection')],
  'admin/record': [
    ...['base', 'protocol', 'system', 'view', 'command-line', 'ocsf', 'tlog'],
    ...admin('command', 'connection', 'nouns'),
  ],
  'admin/report': [...['base', 'protocol', 'system', 'ocsf'], ...admin('command', 'connection', 'nouns', 'record')],
  'admin/events': [
    ...['base', 'protocol', 'system', 'view', 'command-line'],
    ...admin('command', 'connection', 'names', 'nouns'),
  ],
  'admin/local': [
    ...['base', 'protocol', 'config', 'system', 'view', 'command-line'],
    ...admin('command', 'connection', 'devices', 'people'),
  ],
  admin: ['base', 'checks', 'protocol', 'config', 'system', 'view', 'command-line', 'admin'],

  'console/data': ['base', 'checks', 'protocol'],
  'console/parts': ['base', 'protocol', 'console/data'],
  'console/acts': ['base', 'protocol', 'console/data', 'console/parts'],
  'console/list': ['base', 'protocol', 'console/data', 'console/parts'],
  'console/forms': ['base', 'protocol', 'console/data', 'console/parts', 'console/list'],
  'console/find': ['protocol', ...consoleFolders('acts', 'data', 'parts')],
  'console/seen': ['base', 'protocol', 'console/acts', 'console/data', 'console/parts'],
  'console/pages/inbox': [...PAGE_OF_CONSOLE, 'console/seen'],
  'console/pages/agents': [...PAGE_OF_CONSOLE, 'console/seen', 'console/pages/inventory'],
  'console/pages/register': [...PAGE_OF_CONSOLE, 'console/seen'],
  'console/pages/reviews': [...PAGE_OF_CONSOLE, 'console/seen'],
  ...Object.fromEntries(
    ['mine', 'overview', 'devices', 'stops', 'people', 'policy', 'inventory', 'events', 'settings'].map((page) => [
      `console/pages/${page}`,
      PAGE_OF_CONSOLE,
    ]),
  ),
  'console/pages/record': [...PAGE_OF_CONSOLE, 'ocsf', 'tlog', 'view'],
  'console/pages/nouns': [...PAGE_OF_CONSOLE, 'console/forms'],
  'console/pages': ['protocol', 'console/parts', 'console/pages'],
  'console/shell': ['base', 'protocol', ...consoleFolders('acts', 'data', 'find', 'parts', 'pages')],
  console: ['console'],
}

function discovery(...folders: readonly string[]): readonly string[] {
  return folders.map((folder) => `discovery/${folder}`)
}

function admin(...folders: readonly string[]): readonly string[] {
  return folders.map((folder) => `admin/${folder}`)
}

function consoleFolders(...folders: readonly string[]): readonly string[] {
  return folders.map((folder) => `console/${folder}`)
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
  react: ['console/'],
  '@base-ui/react/dialog': ['console/parts/'],
  'react-dom/client': ['console/main.tsx'],
  '@tanstack/react-query': ['console/'],
  '@tanstack/react-virtual': ['console/list/'],
  wouter: ['console/'],
  uplot: ['console/pages/overview/history-chart.tsx'],
  '@dagrejs/dagre': ['console/pages/agents/chain-layout.ts'],
  '@cedar-policy/cedar-wasm/nodejs': ['directory/access-policy/', 'directory/access/cedar-request.ts'],
  '@simplewebauthn/server': ['directory/sign-in/'],
  'openid-client': ['directory/sign-in/identity-provider.ts'],
  nodemailer: ['directory/messages/mail.ts'],
  'tuf-js': ['daemon/updates/'],
  '@tufjs/models': ['directory/updates/'],
  commander: ['command-line/', 'cli/', 'admin/', 'main-cli.ts', 'main-daemon.ts', 'main-directory.ts'],
}
