import { javaProgramOf, programName, sameProgram } from '../../../src/discovery/unknown/program-name.ts'
import { asTool, look, SHELL, seen } from './behaviour-world.ts'
import { LOCAL_MODEL, names } from './marked-agents.ts'

const JAVA = '/usr/lib/jvm/java-21/bin/java'

test.each<[string | undefined, readonly string[]]>([
  ['/opt/robo/robo.jar', ['-Xmx1g', '-jar', '/opt/robo/robo.jar', '--yolo']],
  ['com.example.Robo', ['-cp', '/opt/robo/lib/*', '-Dkey=value', 'com.example.Robo', 'the prompt']],
  ['com.example.Robo', ['--module-path', '/opt/robo', '-m', 'robo/com.example.Robo']],
  ['robo', ['-m', 'robo']],
  ['Robo.java', ['--source', '21', 'Robo.java']],
  [undefined, ['-jar']],
  [undefined, ['-cp', '/opt/robo']],
  [undefined, ['@/opt/robo/args']],
  [undefined, ['-version']],
  [undefined, []],
])('%s is what java runs with %j', (program, args) => {
  expect(javaProgramOf(JAVA, ['java', ...args])).toBe(program)
  expect(javaProgramOf('/usr/bin/javac', ['java', ...args])).toBeUndefined()
})

test('two programs of Java are two, and one that starts itself again is one', () => {
  const robo = seen(100, JAVA, ['java', '-cp', 'x', 'com.example.Robo'])
  expect(programName(robo)).toEqual({ name: 'com.example.Robo', path: 'com.example.Robo' })
  expect(sameProgram(robo, { ...robo, argv: ['java', '-Xmx1g', '-cp', 'y', 'com.example.Robo', 'x'] })).toBe(true)
  expect(sameProgram(robo, { ...robo, argv: ['java', '-cp', 'x', 'com.example.Other'] })).toBe(false)
})

test('reports an agent that is written in Java, but not by its name', async () => {
  const robo = seen(100, JAVA, ['java', '-jar', '/home/alice/robo.jar', 'the prompt'])
  const tool = seen(101, '/usr/bin/bash', ['bash', '-c', 'x'], asTool(101, 100))
  expect(names(await look([SHELL, { ...robo, sockets: LOCAL_MODEL }, tool]))).toEqual([['robo.jar', 60]])
  expect(await look([SHELL, robo, tool])).toEqual([])
})
