import type { Risk } from '../../protocol/risks.ts'
import type { Language } from '../checks/check-catalogue.ts'

/** What a text may name. All of it is foreign. */
export interface RiskFacts {
  /** Of the thing itself, with its version. */
  readonly name: string
  /** The file in which it stands, or the file itself. */
  readonly place: string
  /** The variable or header whose value is in the file, if there is only one. */
  readonly variable?: string | undefined
  readonly endOfLife?: string | undefined
  /** The product that takes its place. */
  readonly successor?: string | undefined
}

type RiskText = (facts: RiskFacts) => string

/** One sentence for each risk: what is wrong, and then what to do. */
export const RISK_TEXTS: Readonly<Record<Language, Readonly<Record<Risk, RiskText>>>> = {
  en: {
    'secret-in-file': ({ name, place, variable }) =>
      `${variable === undefined ? 'A token or password' : `The value of ${variable}`} of ${name} is in clear text in ${place}: move it to a keyring or an environment variable, and then revoke the old one.`,
    'configuration-writable': ({ name, place }) =>
      `Other users can change ${place} and so what ${name} starts: run chmod go-w on it.`,
    'program-writable': ({ name }) =>
      `Other users can change the program of ${name}: install it where only you or root can write.`,
    'no-tls': ({ name }) => `${name} is reached without TLS: use its https address.`,
    'started-by-shell': ({ name }) =>
      `${name} is started by a shell, which runs whatever its line says: start the program itself.`,
    'not-pinned': ({ name }) =>
      `${name} runs the newest version of its package each time: write a version, such as NAME@1.2.3.`,
    'hook-runs-download': ({ place }) =>
      `A hook in ${place} gives a download to a shell, so that its server can run anything as you: save the file, read it, and let the hook run the saved copy.`,
    'text-runs-download': ({ name, place }) =>
      `${name} (${place}) has an agent give a download to a shell, so that its server can run anything as you: save the file, read it, and name the saved copy.`,
    'invisible-text': ({ place }) =>
      `${place} has invisible characters that an agent reads and a person does not see: look at it with "cat -v", and remove them or the file.`,
    'file-writable': ({ place }) => `Other users can change ${place} and so what the agent does: run chmod go-w on it.`,
    'open-to-network': ({ name }) =>
      `Other machines can use ${name}: set it to listen on 127.0.0.1, or close its port in the firewall.`,
    autonomous: ({ name }) => `${name} acts without asking: start it without this mode, or use it only in a container.`,
    discontinued: ({ name, endOfLife, successor }) =>
      `${name} gets no updates after ${endOfLife ?? 'its end'}: ${successor === undefined ? 'remove it' : `replace it by ${successor}`}.`,
    'reads-every-site': ({ name }) =>
      `${name} can read every site you open: limit it to the sites that need it, or remove it.`,
    'drives-browser': ({ name }) =>
      `${name} can drive the browser and act as you on every site: switch it off while you do not need it.`,
    'not-from-store': ({ name }) =>
      `${name} was not installed from a store, so that no store checks or withdraws it: install it from there, or remove it.`,
  },
  de: {
    'secret-in-file': ({ name, place, variable }) =>
      `${variable === undefined ? 'Ein Token oder Passwort' : `Der Wert von ${variable}`} von ${name} steht im Klartext in ${place}: Verschieben Sie ihn in einen Schlüsselbund oder eine Umgebungsvariable, und widerrufen Sie dann den alten.`,
    'configuration-writable': ({ name, place }) =>
      `Andere Benutzer können ${place} ändern und damit, was ${name} startet: Führen Sie chmod go-w dafür aus.`,
    'program-writable': ({ name }) =>
      `Andere Benutzer können das Programm von ${name} ändern: Installieren Sie es dort, wo nur Sie oder root schreiben dürfen.`,
    'no-tls': ({ name }) => `${name} wird ohne TLS erreicht: Verwenden Sie die https-Adresse.`,
    'started-by-shell': ({ name }) =>
      `Eine Shell startet ${name} und führt alles aus, was in der Zeile steht: Starten Sie das Programm selbst.`,
    'not-pinned': ({ name }) =>
      `${name} nimmt jedes Mal die neueste Version seines Pakets: Geben Sie eine Version an, etwa NAME@1.2.3.`,
    'hook-runs-download': ({ place }) =>
      `Ein Hook in ${place} gibt einen Download an eine Shell, sodass dessen Server alles in Ihrem Namen ausführen kann: Speichern Sie die Datei, lesen Sie sie, und lassen Sie den Hook die gespeicherte Kopie ausführen.`,
    'text-runs-download': ({ name, place }) =>
      `${name} (${place}) lässt einen Agenten einen Download an eine Shell geben, sodass dessen Server alles in Ihrem Namen ausführen kann: Speichern Sie die Datei, lesen Sie sie, und nennen Sie die gespeicherte Kopie.`,
    'invisible-text': ({ place }) =>
      `${place} hat unsichtbare Zeichen, die ein Agent liest und ein Mensch nicht sieht: Sehen Sie die Datei mit "cat -v" an, und entfernen Sie die Zeichen oder die Datei.`,
    'file-writable': ({ place }) =>
      `Andere Benutzer können ${place} ändern und damit, was der Agent tut: Führen Sie chmod go-w dafür aus.`,
    'open-to-network': ({ name }) =>
      `Andere Rechner können ${name} benutzen: Lassen Sie das Programm nur auf 127.0.0.1 hören, oder schließen Sie den Port in der Firewall.`,
    autonomous: ({ name }) =>
      `${name} handelt, ohne zu fragen: Starten Sie das Programm ohne diesen Modus, oder verwenden Sie es nur in einem Container.`,
    discontinued: ({ name, endOfLife, successor }) =>
      `${name} bekommt nach ${endOfLife ?? 'seinem Ende'} keine Updates mehr: ${successor === undefined ? 'Entfernen Sie es' : `Ersetzen Sie es durch ${successor}`}.`,
    'reads-every-site': ({ name }) =>
      `${name} kann jede Seite lesen, die Sie öffnen: Beschränken Sie die Erweiterung auf die Seiten, die sie braucht, oder entfernen Sie sie.`,
    'drives-browser': ({ name }) =>
      `${name} kann den Browser steuern und überall in Ihrem Namen handeln: Schalten Sie die Erweiterung aus, solange Sie sie nicht brauchen.`,
    'not-from-store': ({ name }) =>
      `${name} kommt aus keinem Store, sodass kein Store die Erweiterung prüft oder zurückzieht: Installieren Sie sie von dort, oder entfernen Sie sie.`,
  },
}
