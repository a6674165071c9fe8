import type { Language } from './check-catalogue.ts'

/** Why surety leaves a change to a person, and what it changes, in German. Documents have the English texts. */
const GERMAN_NOTES: Readonly<Record<string, string>> = {
  'it needs a new installation and a backup': 'es braucht eine neue Installation und eine Sicherung.',
  'it deletes everything on the volume': 'es löscht alles auf dem Datenträger.',
  'only a person at the firmware settings can change it': 'nur ein Mensch kann es in der Firmware ändern.',
  'it changes how this device starts, and drivers may stop working':
    'es ändert den Start des Geräts, und Treiber können ausfallen.',
  'only a person in the recovery system can change it': 'nur ein Mensch kann es im Wiederherstellungssystem ändern.',
  'an upgrade of the whole system needs a backup and time':
    'ein Wechsel des ganzen Systems braucht eine Sicherung und Zeit.',
  'updates can restart services and need your decision when':
    'Updates können Dienste neu starten: Sie entscheiden, wann.',
  'it is not known how this system installs updates by itself':
    'es ist nicht bekannt, wie dieses System Updates automatisch installiert.',
  'a restart ends your work and needs your decision when': 'ein Neustart beendet Ihre Arbeit: Sie entscheiden, wann.',
  'drivers may stop working, and it needs a restart': 'Treiber können ausfallen, und es braucht einen Neustart.',
  'only a person knows which programs are needed': 'nur Sie wissen, welche Programme gebraucht werden.',
  'only a person knows which product your company uses': 'nur Ihre Firma weiß, welches Produkt sie benutzt.',
  'a wrong rule can cut you off from this device': 'eine falsche Regel kann Sie von diesem Gerät aussperren.',
  'an old printer or disk in the network may still need it':
    'ein alter Drucker oder eine Platte im Netz braucht es vielleicht noch.',
  'programs may stop working until their profiles fit': 'Programme können ausfallen, bis ihre Profile passen.',
  'it can lock out the person who uses this login': 'es kann jemanden aussperren, der sich so anmeldet.',
  'only a person knows which accounts are needed': 'nur Sie wissen, welche Konten gebraucht werden.',
  'scripts that become root may stop working': 'Skripte, die root werden, können ausfallen.',
  'only a person knows who uses this account': 'nur Sie wissen, wer dieses Konto benutzt.',
  'you need to know your password first': 'Sie müssen zuerst Ihr Passwort kennen.',
  'it can cut off people who work on this device from elsewhere':
    'es kann Menschen aussperren, die von anderswo auf diesem Gerät arbeiten.',
  'it needs a restart, and old ways to log in may stop working':
    'es braucht einen Neustart, und alte Arten der Anmeldung können ausfallen.',
  'this desktop has no setting that surety changes': 'dieser Desktop hat keine Einstellung, die surety ändert.',
  'only your company can enrol this device': 'nur Ihre Firma kann dieses Gerät anmelden.',
  'the recovery key must be stored where your company wants it':
    'der Wiederherstellungsschlüssel gehört dorthin, wo Ihre Firma ihn haben will.',
  'surety does not change how this system installs updates':
    'surety ändert nicht, wie dieses System Updates installiert.',
  'surety does not change settings of this system': 'surety ändert keine Einstellungen dieses Systems.',
  'only an administrator can find out why agents cannot be held here':
    'nur die Verwaltung kann herausfinden, warum sich Agenten hier nicht anhalten lassen.',
  'sets GNOME to lock your screen after 10 minutes, with your password to unlock':
    'stellt GNOME so ein, dass der Bildschirm nach 10 Minuten sperrt und Ihr Passwort verlangt.',
  'it is a setting of each user; run surety fix without sudo':
    'es ist eine Einstellung jedes Benutzers: Rufen Sie surety fix ohne sudo auf.',
  'surety changes it only in a session of GNOME': 'surety ändert es nur in einer Sitzung von GNOME.',
  '/usr/bin/gsettings is not installed': '/usr/bin/gsettings ist nicht installiert.',
  '/usr/bin/apt-get is not installed': '/usr/bin/apt-get ist nicht installiert.',
  'installs the package unattended-upgrades, and what it needs, from the sources of apt':
    'installiert das Paket unattended-upgrades, und was es braucht, aus den Quellen von apt.',
  'writes /etc/apt/apt.conf.d/52surety-automatic-updates, so that apt fetches package lists and installs security updates each day':
    'schreibt /etc/apt/apt.conf.d/52surety-automatic-updates: apt holt dann täglich Paketlisten und Sicherheitsupdates.',
  'surety changes this only on Debian and its relatives': 'surety ändert das nur auf Debian und seinen Verwandten.',
  'only root may change it; run: sudo surety fix os.automatic-updates --yes':
    'nur root darf es ändern: sudo surety fix os.automatic-updates --yes',
}

/** A note without a German text, such as an error of the system, stays as it is. */
export function fixNoteIn(language: Language, note: string): string {
  return language === 'de' ? (GERMAN_NOTES[note] ?? note) : note
}
