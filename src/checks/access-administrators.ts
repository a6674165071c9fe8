import { check } from './check.ts'

export const accessAdministrators = check('access.administrators', {
  weight: 'advisory',
  passes: 'no second account has uid 0, and no administrator can log in without a password',
  systems: { linux: 'groups, shadow', macos: 'group admin', windows: 'group Administrators' },
  panels: { windows: 'start ms-settings:otherusers' },
  minutes: 5,
  english: {
    title: 'Administrators need a password, and only root is root',
    problem: 'An administrator has no password, or root has a second name',
    why: 'An administrator without a password gives the laptop to anyone who can type.',
    person: { any: 'only a person knows which accounts are needed' },
    steps: {
      any: [
        'Set a password for each named account: sudo passwd NAME',
        'Give a second account with user id 0 another id, or remove it.',
        'Remove people who need no administrator rights: sudo gpasswd --delete NAME sudo',
      ],
      windows: [
        'Open Settings > Accounts > Other users.',
        'Change the account type of people who need no administrator rights to "Standard User".',
        'Set a password for each named account.',
      ],
      macos: [
        'Open System Settings > Users & Groups.',
        'Click the (i) beside each person who needs no administrator rights.',
        'Turn off "Allow this user to administer this computer".',
      ],
    },
  },
  german: {
    title: 'Administratoren brauchen ein Passwort, und nur root ist root',
    problem: 'Ein Administrator hat kein Passwort, oder root hat einen zweiten Namen',
    why: 'Ein Administrator ohne Passwort gibt den Laptop jedem, der tippen kann.',
    person: { any: 'nur Sie wissen, welche Konten gebraucht werden.' },
    steps: {
      any: [
        'Setzen Sie für jedes genannte Konto ein Passwort: sudo passwd NAME',
        'Geben Sie einem zweiten Konto mit der Benutzernummer 0 eine andere, oder entfernen Sie es.',
        'Nehmen Sie unnötige Administratorrechte weg: sudo gpasswd --delete NAME sudo',
      ],
      windows: [
        'Öffnen Sie Einstellungen > Konten > Andere Benutzer.',
        'Ändern Sie den Kontotyp von Personen, die keine Administratorrechte brauchen, auf „Standardbenutzer“.',
        'Setzen Sie für jedes genannte Konto ein Passwort.',
      ],
      macos: [
        'Öffnen Sie Systemeinstellungen > Benutzer & Gruppen.',
        'Klicken Sie auf das (i) neben jeder Person, die keine Administratorrechte braucht.',
        'Schalten Sie „Dieser Benutzer darf diesen Computer verwalten“ aus.',
      ],
    },
  },
})
