import { check } from './check.ts'

export const accessGuestAccount = check('access.guest-account', {
  weight: 'required',
  passes: 'no guest can log in',
  systems: { linux: 'accounts, LightDM', macos: 'guest user', windows: 'guest account' },
  minutes: 5,
  english: {
    title: 'No guest can use this device',
    problem: 'Guests can use this device',
    why: 'A guest uses the laptop and its network without anyone knowing who it was.',
    person: { any: 'only a person knows who uses this account' },
    steps: {
      any: [
        'Remove the named account: sudo userdel NAME',
        'For LightDM, set allow-guest=false under [Seat:*] in /etc/lightdm/lightdm.conf.',
      ],
      windows: ['Open a terminal as administrator.', 'Run: net user Guest /active:no'],
      macos: [
        'Open System Settings > Users & Groups.',
        'Click the (i) beside "Guest User".',
        'Turn off "Allow guests to log in to this computer".',
      ],
    },
  },
  german: {
    title: 'Kein Gast kann dieses Gerät benutzen',
    problem: 'Gäste können dieses Gerät benutzen',
    why: 'Ein Gast benutzt den Laptop und sein Netz, ohne dass man weiß, wer es war.',
    person: { any: 'nur Sie wissen, wer dieses Konto benutzt.' },
    steps: {
      any: [
        'Entfernen Sie das genannte Konto: sudo userdel NAME',
        'Bei LightDM setzen Sie allow-guest=false unter [Seat:*] in /etc/lightdm/lightdm.conf.',
      ],
      windows: [
        'Öffnen Sie ein Terminal als Administrator.',
        'Führen Sie aus: net user Guest /active:no (auf einem deutschen Windows heißt das Konto Gast)',
      ],
      macos: [
        'Öffnen Sie Systemeinstellungen > Benutzer & Gruppen.',
        'Klicken Sie auf das (i) neben „Gastbenutzer“.',
        'Schalten Sie „Gästen erlauben, sich an diesem Computer anzumelden“ aus.',
      ],
    },
  },
})
