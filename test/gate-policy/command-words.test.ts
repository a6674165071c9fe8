import fc from 'fast-check'
import { type CommandWords, commandWords } from '../../src/gate-policy/command-words.ts'
import { isLinear } from '../support/linear-cost.ts'

const BASE = { folder: '/home/ada/project', home: '/home/ada', userName: 'ada' }

function wordsOf(command: string, base: Parameters<typeof commandWords>[1] = BASE): CommandWords {
  const words = commandWords(command, base)
  if (words === undefined) throw new Error('it names too much')
  return words
}

test.each([
  ['rm -rf /', ['rm']],
  ['/bin/rm -r -f /', ['rm']],
  ['RM x', ['rm']],
  ['cd /tmp && rm -rf *', ['cd', 'rm']],
  ['true; rm x', ['true', 'rm']],
  ['true & rm x', ['true', 'rm']],
  ['echo a | xargs -n 1 rm', ['echo', 'xargs', 'rm']],
  ['sudo -u root rm x', ['sudo', 'rm']],
  ['env A=b rm x', ['env', 'rm']],
  ['timeout 5 nice -n 3 rm x', ['timeout', 'nice', 'rm']],
  ['FOO=1 git push', ['git']],
  ['if true; then rm x; fi', ['true', 'rm']],
  ['for a in b; do rm x; done', ['rm']],
  ['case x in a) rm x;; esac', ['rm']],
  ['f() { rm x; }; f', ['rm', 'f']],
  ['function f { rm x; }', ['rm']],
  ['echo $(rm x)', ['echo', 'rm']],
  ['echo `rm x`', ['echo', 'rm']],
  ['echo "$(rm x)"', ['echo', 'rm']],
  ['diff <(rm x) y', ['diff', 'rm']],
  ['$(which rm) x', ['which', 'rm']],
  ['R=rm; $R x', ['rm']],
  ['(rm x)', ['rm']],
  ['{ rm x; }', ['rm']],
  ['! rm x', ['rm']],
  ["bash -c 'cd /; rm -rf home'", ['bash', 'cd', 'rm']],
  ['bash -c "sh -c \'rm x\'"', ['bash', 'sh', 'rm']],
  ["eval 'rm x'", ['eval', 'rm']],
  ['eval rm x', ['eval', 'rm']],
  ["su root -c 'rm x'", ['su', 'rm']],
  ['python3 -c "import os; os.system(\'rm -rf /\')"', ['python3', 'rm']],
  ['find . -exec rm {} \\;', ['find', 'rm']],
  ['find . -execdir /bin/rm {} +', ['find', 'rm']],
  ['bash <<END\nrm x\nEND', ['bash', 'rm']],
  ["bash <<< 'rm x'", ['bash', 'rm']],
  ["echo 'rm x' | sh", ['echo', 'rm', 'sh']],
  ['cat <<END | sudo sh\nrm x\nEND', ['cat', 'rm', 'sh']],
  ['eval "$(echo \'rm x\')"', ['eval', 'rm']],
  ['git rebase --exec "rm x"', ['git', 'rm']],
  ["r'm' -rf /", ['rm']],
  ['r\\m x', ['rm']],
  ['rm \\\n -rf /', ['rm']],
  ['# rm x\nls', ['ls']],
  ['mkfs.ext4 x', ['mkfs', 'mkfs.ext4']],
])('the programs of %j', (command, programs) => {
  expect([...wordsOf(command).programs]).toEqual(expect.arrayContaining(programs))
})

test.each([
  ['ls # rm x'],
  ['>rm ls'],
  ['ls rm'],
  ['git commit -m "do not run rm -rf / here; rm x"'],
  ['git commit -m "$(cat <<END\nNever:\nrm x\nEND\n)"'],
  ["cat > notes.md <<'END'\nrm x\nEND"],
  ["echo 'a; rm x' | tee notes.md | head -1"],
  ["grep -rn '; rm x' src"],
  ['gh pr create --title "a; rm x"'],
])('%j does not start rm', (command) => expect([...wordsOf(command).programs]).not.toContain('rm'))

// A look-alike is another program: a shell does not find rm by it.
test.each(['ｒｍ -rf /', 'r\u200bm -rf /', 'rм -rf /'])('does not take %j for rm, and reads it', (command) => {
  expect([...wordsOf(command).programs]).toEqual([command.split(' ')[0]])
})

test('has options one by one, and words without quotes', () => {
  expect([...wordsOf('git push -fv --repo=x "origin" \'main\'').words]).toEqual([
    'git',
    'push',
    '-fv',
    '-f',
    '-v',
    '--repo=x',
    '--repo',
    'origin',
    'main',
  ])
  expect(wordsOf('psql   -c  "DROP\n  TABLE a" <x >y').text).toBe('psql -c DROP TABLE a > y < x')
  expect(wordsOf('psql <<END\nDROP TABLE a\nEND').text).toBe('psql DROP TABLE a')
  expect(wordsOf('a$(b)').text).toBe('a$() b')
})

test.each<[string, readonly string[]]>([
  ['cat /etc/./surety/x', ['/etc/surety/x']],
  ['cat //etc//surety/', ['/etc/surety']],
  ['cat /home/a/../../etc/surety', ['/etc/surety']],
  ['cat ../../../etc/hosts', ['/etc/hosts']],
  ['cat .env', ['/home/ada/project/.env']],
  ['cat ~/.env ~ ~ada/x ~bob/x', ['/home/ada/.env', '/home/ada', '/home/ada/x', '~bob/x']],
  [`cat "$HOME/a" \${HOME}/b $USER/c`, ['/home/ada/a', '/home/ada/b', '/home/ada/project/ada/c']],
  ['D=/etc/surety; cat $D/x', ['/etc/surety/x']],
  ['cd /etc && cat hosts', ['/etc', '/etc/hosts']],
  ['cd /etc; cd ..; cat hosts', ['/hosts']],
  ['(cd /etc); cat hosts', ['/etc/hosts', '/home/ada/project/hosts']],
  ['cd /etc; cd -; cat hosts', ['/home/ada/project/hosts']],
  ['pushd /etc; popd; cat hosts', ['/etc/hosts', '/home/ada/project/hosts']],
  ['cat "$(pwd)/hosts"', ['/home/ada/project/hosts']],
  ['cd; cat a', ['/home/ada/a']],
  ["bash -c 'cd /etc; cat hosts'", ['/etc/hosts']],
  ['dd if=/dev/zero of=/srv/x', ['/dev/zero', '/srv/x']],
  ['curl -d @.env x', ['/home/ada/project/.env']],
  ['tar --file=/srv/x -C/srv/y', ['/srv/x', '/srv/y']],
  ['psql <a >b', ['/home/ada/project/a', '/home/ada/project/b']],
  ['cat "/srv/with blanks/x"', ['/srv/with blanks/x']],
  ["python3 - <<END\nopen('/srv/x')\nEND", ['/srv/x']],
])('the paths of %j', (command, targets) => {
  expect([...wordsOf(command).paths.targets]).toEqual(expect.arrayContaining([...targets]))
})

test.each([
  ['cat ~ ~/x $HOME/y', ['~', '~/x', '~/y']],
  ['cat /etc/../x a/./b', ['/x', 'a/b']],
])('the paths of %j where folder and home are not known', (command, targets) => {
  expect([...wordsOf(command, { userName: 'ada' }).paths.targets]).toEqual(targets)
})

test.each([
  ['tee /srv/a/x', true],
  ['echo x > /srv/a/x', true],
  ['echo x >> /srv/a/x', true],
  ['cd /srv/a && rm x', true],
  ['sed -i s/a/b/ /srv/a/x', true],
  ['cp x /srv/a/', true],
  ['cp -t /srv/a x', true],
  ['mv /srv/a/x .', true],
  ['find /srv/a -delete', true],
  ['find /srv/a -name x | xargs rm', true],
  ['ls /srv/a | xargs -I{} sh -c "rm {}"', true],
  ['ln -s /srv/a x', true],
  ["bash -c 'echo > /srv/a/x'", true],
  ["python3 -c \"open('/srv/a/x', 'w')\"", true],
  ['curl -o /srv/a/x https://example.org', true],
  ['unknown-program /srv/a/x', true],
  ['cat /srv/a/x', false],
  ['ls -la /srv/a', false],
  ['sudo -u root cat /srv/a/x', false],
  ['grep -rn x /srv/a', false],
  ['sed -n 1p /srv/a/x', false],
  ['cp /srv/a/x .', false],
  ['find /srv/a -name x', false],
  ['cat < /srv/a/x', false],
  ['git commit -m "see /srv/a/x"', false],
])('whether %j may write below /srv/a: %j', (command, writes) => {
  expect(wordsOf(command).paths.writes.has('/srv/a')).toBe(writes)
})

test('bounds what a command names', () => {
  const many = Array.from({ length: 5000 }, (_, at) => `word${at}`)
  expect(commandWords(`echo ${many.join(' ')}`, BASE)).toBeUndefined()
  expect(commandWords(`rm ${many.map((word) => `/${word}/x`).join(' ')}`, BASE)).toBeUndefined()
  expect(commandWords('ls;'.repeat(5000), BASE)).toBeUndefined()
  expect(commandWords('cd very-long-name-of-a-folder;'.repeat(2000), BASE)).toBeUndefined()
  expect(commandWords(`cat > x <<'END'\n${many.join('\n')}\nEND`, BASE)).toBeDefined()
})

test('bounds quotes inside of quotes', () => {
  let command = 'rm x'
  for (let depth = 0; depth < 12; depth++) command = `sh -c ${JSON.stringify(command)}`
  expect([...wordsOf(command).programs]).toContain('sh')
})

test('reads any text in time that grows with it', async () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a -/~.;|&$(){}`\'"\\\n#<>=*@'), maxLength: 300 }), (command) => {
      const words = commandWords(command, BASE)
      expect(words?.text.includes('\0')).toBe(false)
      expect([...(words?.paths.targets ?? [])].filter((path) => !/^[/~]/.test(path))).toEqual([])
    }),
  )
  const parts = ['"', '$(', '(', 'a;', 'sudo rm ', 'xargs rm x | ', 'cd a;', '(cd a);', '/', '/* ', 'A=$A$A;', '~/../']
  for (const part of [...parts, '[', '*', '"a;b" ', 'cat <<E\n', '-exec rm ', 'x=', '../', "'a b' ", `\${A`]) {
    expect([part, await isLinear((units) => commandWords(part.repeat(units), BASE), 8192)]).toEqual([part, true])
  }
  // Longest words that patterns are tried on.
  for (const start of ['rm ', 'rm /', `rm \${`, 'find / -delete -name ']) {
    for (const part of ['[', '*', 'A', '{', '?[', '.', ',']) {
      const command = (units: number) => commandWords(`${start}${part.repeat(units)}x`, BASE)
      expect([start, part, await isLinear(command, 32_768)]).toEqual([start, part, true])
    }
  }
})
