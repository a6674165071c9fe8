import { canary } from './canaries.ts'

/** What must never leave the device, by where it stands. */
export const SECRET = {
  argument: canary('argument'),
  flagValue: canary('flag-value'),
  prompt: canary('prompt'),
  environment: canary('environment'),
  marker: canary('marker-value'),
  mcpArgument: canary('mcp-argument'),
  mcpEnvironment: canary('mcp-environment'),
  mcpUrl: canary('mcp-url'),
  oauth: canary('oauth'),
  history: canary('history'),
  preference: canary('preference'),
  manifest: canary('manifest'),
  brokenFile: canary('broken-file'),
  firefox: canary('firefox'),
  packageField: canary('package-field'),
  npmrc: canary('npmrc'),
  dotenv: canary('dotenv'),
  screenLock: canary('screen-lock'),
  shadow: canary('shadow'),
  sshd: canary('sshd'),
  proxy: canary('proxy'),
  mcpHeader: canary('mcp-header'),
  mcpQuery: canary('mcp-query'),
  mcpInput: canary('mcp-input'),
  title: canary('process-title'),
  keyring: canary('keyring'),
  cookie: canary('cookie'),
  instructions: canary('instructions'),
  hook: canary('hook'),
  setting: canary('setting'),
  token: canary('token'),
  plugin: canary('plugin'),
  database: canary('database'),
  /** Where a name belongs: of a variable, a server, a profile. */
  name: canary('name'),
} as const
/** Stands in the path of a program, which is told: the search must find this one. */
export const TOLD = canary('told')
export const TOLD_MODEL = 'a-model-that-is-told'
export const SECRETS = Object.values(SECRET)
