import { check } from './check.ts'

export const networkSmb1 = check('network.smb1', {
  weight: 'advisory',
  passes: 'no server speaks SMB 1',
  systems: { linux: 'Samba', macos: 'SMB server', windows: 'SMB server' },
  panels: { windows: 'optionalfeatures' },
  minutes: 5,
  english: {
    title: 'No server speaks SMB 1',
    problem: 'A server speaks the unsafe SMB 1',
    why: 'SMB 1 has known holes through which worms spread in networks.',
    person: { any: 'an old printer or disk in the network may still need it' },
    steps: {
      any: [
        'Remove "server min protocol" from /etc/samba/smb.conf, or set it to SMB2.',
        'Run: sudo systemctl restart smbd (or smb)',
      ],
      windows: [
        'Search for "Turn Windows features on or off" in the Start menu.',
        'Clear "SMB 1.0/CIFS File Sharing Support".',
        'Start again.',
      ],
      macos: ['Ask your support: macOS itself has no setting that turns on a server for SMB 1.'],
    },
  },
  german: {
    title: 'Kein Server spricht SMB 1',
    problem: 'Ein Server spricht das unsichere SMB 1',
    why: 'SMB 1 hat bekannte Lücken, durch die sich Würmer in Netzen verbreiten.',
    person: { any: 'ein alter Drucker oder eine Platte im Netz braucht es vielleicht noch.' },
    steps: {
      any: [
        'Entfernen Sie „server min protocol“ aus /etc/samba/smb.conf, oder setzen Sie es auf SMB2.',
        'Führen Sie aus: sudo systemctl restart smbd (oder smb)',
      ],
      windows: [
        'Suchen Sie im Startmenü nach „Windows-Features aktivieren oder deaktivieren“.',
        'Nehmen Sie den Haken bei „Unterstützung für die SMB 1.0/CIFS-Dateifreigabe“ weg.',
        'Starten Sie neu.',
      ],
      macos: ['Fragen Sie Ihren Support: macOS selbst hat keine Einstellung, die einen Server für SMB 1 einschaltet.'],
    },
  },
})
