import { asTool, type look, NODE, type SeenProcess, seen } from './behaviour-world.ts'

const ENVIRONMENT = ['HOME', 'PATH', 'SHELL', 'TERM']
export const AGENT = seen(100, NODE, ['node', '/home/alice/robo/index.js', 'the prompt sk-ant-secret'])
export const TOOL = seen(101, '/usr/bin/bash', ['bash', '-c', 'rm -rf secret'], asTool(101, 100))
export const marked = (...names: string[]): Partial<SeenProcess> => ({ environmentNames: [...ENVIRONMENT, ...names] })
export const LOCAL_MODEL = { connected: [{ address: '127.0.0.1', port: 11434, loopback: true }], listening: [] }
export const names = (found: Awaited<ReturnType<typeof look>>) => found.map(({ name, score }) => [name, score])
