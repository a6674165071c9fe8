import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gatePolicy } from '../../src/gate-policy/decide-action.ts'
import { DEFAULT_GATE_TEXT } from '../../src/gate-policy/default-gate-policy.ts'
import { GATE_VOCABULARY } from '../../src/gate-policy/gate-vocabulary.ts'
import { readGatePolicy } from '../../src/gate-policy/read-gate-policy.ts'
import { type Asked, rulingBy, rulingOf, shell, write } from './asked-actions.ts'

test.each([
  ['ls -la'],
  ['npm test'],
  ['npm test -- rm'],
  ['npm ci && npm run build 2>&1 | tail -20'],
  ['cat README'],
  ['git status && git diff'],
  ['git add -A && git commit -m "drop the table; rm -rf / is gone"'],
  ['git commit -m "$(cat <<\'END\'\nRemove rm -rf /\n\n- systemctl stop suretyd\nEND\n)"'],
  ['git push origin main'],
  ['git push -u origin feature/drop-table'],
  ['docker build -t app .'],
  ['docker compose up -d && docker compose logs -f web'],
  ["psql -c 'select 1'"],
  ['psql -c "SELECT * FROM users WHERE dropped"'],
  ['echo "drop table" > notes.md'],
  ['rm -rf build'],
  ['rm -rf ./dist'],
  ['rm -rf ./build/*'],
  ['rm -rf *'],
  ['rm -rf node_modules package-lock.json && npm install'],
  ['rm -rf /home/ada/project/node_modules'],
  ['rm -rf ~/project/dist "$HOME/.cache/app"'],
  ['rm -rf /tmp/x /tmp/y/*'],
  ['cd /tmp/x && rm -rf *'],
  ['rm -f /tmp/*.log'],
  ['rm README'],
  ['grep -r x /etc && rm -f notes'],
  ['ls / && rm -rf dist'],
  ['find . -name "*.pyc" -delete'],
  ['find / -name "*.conf" 2>/dev/null'],
  ['find ~ -name node_modules -type d -prune'],
  ['find . -name dist | xargs rm -rf'],
  ['mv ~/Downloads/x.zip .'],
  ['mv a.ts b.ts'],
  ['cp -r src ~'],
  ['dd if=/dev/sda of=disk.img'],
  ['dd if=/dev/zero of=/dev/null count=1'],
  ['sudo mount /dev/sdb1 /mnt'],
  ['terraform plan'],
  ['kubectl get pods'],
  ['aws s3 ls'],
  ['curl -s https://example.org/a.json | jq .'],
  ['wget https://example.org/x.tar.gz'],
  ['ssh build.example.org uptime'],
  ['docker exec web rm -rf /app'],
  ['cat /etc/surety/suretyd.json'],
  ['ls -la /etc/claude-code'],
  ['systemctl status suretyd'],
  ['journalctl -u suretyd --since today'],
  ['sudo systemctl restart nginx'],
  ['apt list --installed | grep surety'],
  ['sudo apt remove nginx'],
  ['pkill node'],
  ['rm -r surety && apt install x'],
  ['cd / && ls; cd - && rm -rf dist'],
  ['rm -rf "$(pwd)/dist"'],
  ['rm -rf $(mktemp -d)'],
  ['for d in packages/*; do (cd $d && rm -rf dist); done'],
  ['surety status'],
  ["cat > install.md <<'END'\nRun `sudo systemctl stop suretyd` first; then rm -rf /etc/surety\nEND"],
])('allows %s', async (command) => {
  expect(await rulingOf(shell(command))).toMatchObject({ effect: 'allow', reasons: [] })
})

describe('denies to destroy the system or a whole home, and nothing lifts it:', () => {
  test.each([
    ['rm -rf /'],
    ['rm -r -f /'],
    ['rm --recursive --force /'],
    ['rm --rec /'],
    ['rm / -rf'],
    ['rm -rf --no-preserve-root /'],
    ['rm -rf //'],
    ['rm -rf /.'],
    ['rm -rf /*'],
    ['rm -rf /etc'],
    ['rm -rf /etc/'],
    ['rm -rf /etc/.'],
    ['rm -rf /etc/../etc'],
    ['rm -rf /usr/lib'],
    ['rm -rf /{etc,usr}'],
    ['rm -rf /home/ada'],
    ['rm -rf /home/*'],
    ['rm -rf /home/bob/*'],
    ['rm -rf /home/ada/.*'],
    ['rm -rf /home/$USER'],
    ['rm -rf /home/$(whoami)'],
    ['rm -rf ~'],
    ['rm -r -f ~/'],
    ['rm -rf ~/*'],
    ['rm -rf ~/.[!.]*'],
    ['rm -rf ~ada'],
    ['rm -rf ~bob'],
    ['rm -rf "$HOME"'],
    [`rm -rf \${HOME}/`],
    ['rm -rf ..'],
    ['rm -rf "$(pwd)/.."'],
    ['rm -rf `pwd`/../..'],
    ['rm -rf ../*'],
    ['rm -rf $(echo /)'],
    ['cd / && rm -rf *'],
    ['cd ~; rm -rf *'],
    ['cd /home && rm -rf ada'],
    ['{ cd /; }; rm -rf *'],
    ['cd ../../.. && rm -rf ./*'],
    ['D=/; rm -rf $D'],
    ['C="rm -rf /"; $C'],
    [`rm\${IFS}-rf\${IFS}/`],
    ['for d in x /*; do rm -rf "$d"; done'],
    ['f() { rm -rf /; }; f'],
    ['if true; then rm -rf /; fi'],
    ['true || rm -rf /'],
    ['sudo rm --recursive $HOME'],
    ['sudo -u root rm -rf /'],
    ['env A=b rm -rf /'],
    ['nohup nice -n 5 rm -rf / &'],
    ['command rm -rf /'],
    ['busybox rm -rf /'],
    ['/bin/rm -Rf /'],
    ['$(which rm) -rf /'],
    ['`which rm` -rf /'],
    ['r""m -rf "$HOME"'],
    ["'rm' '-rf' '/'"],
    ['r\\m -rf /'],
    ['rm \\\n-rf \\\n/'],
    ['eval rm -rf /'],
    ["eval 'rm -rf /'"],
    ["bash -c 'rm -rf /'"],
    ["sudo bash -lc 'cd / && rm -rf *'"],
    ['sh -c "bash -c \'rm -rf /\'"'],
    ['bash <<END\nrm -rf /\nEND'],
    ["cat <<'END' | sh\nrm -rf /\nEND"],
    ["bash <<< 'rm -rf /'"],
    ["echo 'rm -rf /' | sh"],
    ['python3 -c "import os; os.system(\'rm -rf /\')"'],
    ["ssh host 'rm -rf /'"],
    ['echo $(rm -rf /)'],
    ['echo "$(rm -rf /)"'],
    ['echo `rm -rf /`'],
    ['ls; (rm -rf /)'],
    ['find / -delete'],
    ['find / -type f -delete'],
    ['find ~ -name "*" -delete'],
    ['find / ! -name x -delete'],
    ['find / -exec rm -rf {} +'],
    ['find /home/ada -exec sh -c \'rm "$1"\' _ {} \\;'],
    ['find . -exec rm -rf / \\;'],
    ['find ~ | xargs rm'],
    ['ls -d /* | xargs rm -rf'],
    ['echo / | xargs -n 1 rm -rf'],
    ['find . | xargs rm -rf /'],
    ['mv /etc /tmp/x'],
    ['mv ~/* /tmp'],
    ['rsync -a --delete empty/ ~/'],
    ['mkfs.ext4 /dev/sda1'],
    ['sudo wipefs -a x'],
    ['dd if=/dev/zero of=/dev/sda'],
    ['cat x > /dev/nvme0n1'],
    ['tee /dev/sda < x'],
    ['shred /dev/sda'],
  ])('%s', async (command) => {
    expect(await rulingOf(shell(command))).toMatchObject({
      effect: 'deny',
      isNever: true,
      approvers: [],
      reasons: expect.arrayContaining([expect.objectContaining({ rule: 'whole-disk' })]),
    })
  })

  test.each(['rm -rf ~', 'rm -rf $HOME/*', 'cd; rm -rf *', 'rm -rf ~/.'])(
    '%s, where no home is known',
    async (command) => {
      expect(await rulingOf({ ...shell(command), home: undefined })).toMatchObject({ effect: 'deny', isNever: true })
    },
  )
})

test.each([
  ['destroys-data', 'psql -c "DROP TABLE users"'],
  ['destroys-data', 'psql -c "DrOp TaBlE users"'],
  ['destroys-data', 'psql -c "drop\n\ttable users"'],
  ['destroys-data', 'psql -c "drop/* x */table users"'],
  ['destroys-data', 'echo "drop table users" | psql'],
  ['destroys-data', 'psql <<END\nDELETE\nFROM users;\nEND'],
  ['destroys-data', 'bash -c "psql -c \'Truncate users\'"'],
  ['destroys-data', 'mysql -e "DELETE FROM users"'],
  ['destroys-data', 'sqlite3 a.db "drop table x"'],
  ['destroys-data', "mongosh --eval 'db.dropDatabase()'"],
  ['destroys-data', 'dropdb production'],
  ['destroys-data', 'terraform destroy -auto-approve'],
  ['destroys-data', 'terraform apply -destroy'],
  ['destroys-data', 'kubectl delete namespace production'],
  ['rewrites-history', 'git push --force'],
  ['rewrites-history', 'git push -f origin main'],
  ['rewrites-history', 'git push -uf origin main'],
  ['rewrites-history', 'git push --force-with-lease=main'],
  ['rewrites-history', 'cd x; git push origin --delete main'],
])('%s asks the owner for %s', async (rule, command) => {
  expect(await rulingOf(shell(command))).toMatchObject({
    effect: 'ask',
    isNever: false,
    approvers: ['owner'],
    reasons: [{ rule }],
  })
})

// A guard against mistakes, and no boundary: a program can build its command in ways that no rule sees.
test.each([
  ['base64 -d <<< cm0gLXJmIC8= | sh'],
  ["$'\\x72m' -rf /"],
  ['sh ./cleanup.sh'],
  ['rm -rf /etc/s*ty'],
  ["systemctl stop 'suret*'"],
  ["perl -e 'unlink glob q(/*)'"],
  ['docker run -v /:/host alpine rm -rf /host'],
])('does not see through %s', async (command) => {
  expect(await rulingOf(shell(command))).toMatchObject({ effect: 'allow' })
})

describe('the page for administrators', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/admin/gate-policy.md'), 'utf8')
  const inTables = new Set(
    page
      .split('\n')
      .flatMap((line) => (line.startsWith('| `') ? [...(line.split('|')[1] ?? '').matchAll(/`@?(\w[\w-]*)/g)] : [])),
  )
  const named = new Set([...inTables].map(([, name]) => name))

  test('names each rule of the default, each fact and each annotation', async () => {
    const ids = (await readGatePolicy(DEFAULT_GATE_TEXT)).rules.map(({ id }) => id)
    const question = /type Question = \{([^}]*)\}/.exec(GATE_VOCABULARY.entities)?.[1] ?? ''
    const members = [...question.matchAll(/(\w+)\??:/g)].map(([, member]) => member)
    const all = [...ids, ...members, ...Object.keys(GATE_VOCABULARY.annotations), ...GATE_VOCABULARY.resources]
    expect(all.length).toBeGreaterThan(30)
    expect(all.filter((name) => !named.has(name))).toEqual([])
  })

  test('has examples that are valid and do what it says', async () => {
    const examples = [...page.matchAll(/```cedar\n(.*?)```/gs)].map(([, example = '']) => example)
    expect(examples).toHaveLength(2)
    const example = gatePolicy(await readGatePolicy(`permit (principal, action, resource);\n${examples.join('\n')}`))
    const effectOf = (action: Asked) => {
      const { effect, shadow } = rulingBy(example, action)
      return [effect, ...shadow.map(({ rule }) => rule)]
    }
    expect(effectOf(write('/home/ada/other'))).toEqual(['ask'])
    expect(effectOf(write('a.ts'))).toEqual(['allow'])
    expect(effectOf(write('/srv/data/x'))).toEqual(['deny'])
    expect(effectOf(shell('tee /srv/data/x'))).toEqual(['deny'])
    expect(effectOf(shell('cat /srv/data/x'))).toEqual(['allow'])
    expect(effectOf({ tool: { kind: 'mcp', name: 'create', server: 'tickets' } })).toEqual(['allow', 'tickets'])
  })
})
