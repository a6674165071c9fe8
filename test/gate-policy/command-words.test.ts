import fc from 'fast-check'
import { commandWords } from '../../src/gate-policy/command-words.ts'

test.each([
  ['rm -rf /', ['rm']],
  ['/bin/rm -r -f /', ['rm']],
  ['cd /tmp && rm -rf *', ['cd', 'rm']],
  ['true; rm x', ['true', 'rm']],
  ['echo a | xargs -n 1 rm', ['echo', 'xargs', '1', 'rm']],
  ['sudo -u root rm x', ['sudo', 'root', 'rm', 'x']],
  ['FOO=1 git push', ['git']],
  ['if true; then rm x; fi', ['true', 'rm', 'fi']],
  ['echo $(rm x)', ['echo', 'rm']],
  ['echo `rm x`', ['echo', 'rm']],
  ['(rm x)', ['rm']],
  ['{ rm x; }', ['rm']],
  ['! rm x', ['rm']],
  ["bash -c 'cd /; rm -rf home'", ['bash', 'cd /; rm -rf home', 'cd', 'rm']],
  ['bash -c "sh -c \'rm x\'"', ['bash', "sh -c 'rm x'", 'sh', 'rm x', 'rm']],
  ["r'm' -rf /", ['rm']],
  ['r\\m x', ['rm']],
  ['rm \\\n -rf /', ['rm']],
  ['# rm x\nls', ['ls']],
  ['ls # rm x', ['ls']],
  ['>out rm x', ['out']],
  ['', []],
])('the programs of %j', (command, programs) => {
  expect(commandWords(command).programs).toEqual(expect.arrayContaining(programs))
})

test('has options one by one, and words without quotes', () => {
  expect(commandWords('git push -fv "origin" \'main\'').words).toEqual([
    'git',
    'push',
    '-fv',
    '-f',
    '-v',
    'origin',
    'main',
  ])
  expect(commandWords('psql   -c  "DROP TABLE a"').text).toBe('psql -c DROP TABLE a DROP TABLE a')
})

test('reads any text, and ends', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a -/;|&$(){}`\'"\\\n#<>='), maxLength: 300 }), (command) => {
      const { programs, words } = commandWords(command)
      expect(programs.length).toBeLessThanOrEqual(words.length + command.length)
    }),
  )
})

test('bounds quotes inside of quotes', () => {
  let command = 'rm x'
  for (let depth = 0; depth < 12; depth++) command = `sh -c ${JSON.stringify(command)}`
  expect(commandWords(command).programs).toContain('sh')
})
