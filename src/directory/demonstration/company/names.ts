/** Names of made-up people, from many parts of the world. Each with its spelling in an address. */

type Spelled = readonly [shown: string, ascii: string]

/** First names, then family names: any two make a person. */
export const GIVEN: readonly Spelled[] = [
  ...plain('Ada Grace Alan Linus Barbara Edsger Radia Donald Frances Ken Margaret Dennis Shafi Leslie Katherine Tony'),
  ...plain('Amara Chidi Ngozi Tunde Wanjiru Kofi Abena Zanele Thabo Lindiwe Aisha Omar Fatima Yusuf Leila Karim'),
  ...plain('Priya Arjun Ananya Rohan Kavya Vikram Meera Sanjay Lakshmi Ravi Hina Bilal Nadia Imran Sadia Farhan'),
  ...plain('Mei Wei Jun Yuki Haruto Sakura Kenji Aiko Minh Linh Duc Somchai Malee Putri Agus Dewi Jisoo Minho'),
  ...plain('Ines Joao Mateus Camila Diego Lucia Rafael Valentina Santiago Paula Emilia Nicolas Giulia Marco Chiara'),
  ...plain('Ingrid Lars Astrid Sven Freya Magnus Elsa Nils Katarzyna Piotr Zofia Jan Olena Taras Daria Ivan Milica'),
  ...plain('Emily Jack Chloe Oliver Hannah Noah Ruby Liam Aroha Tane Nayeli Ahanu Talia Eitan Miriam Noam Elif Emre'),
  ['Zoë', 'zoe'],
  ['Jürgen', 'juergen'],
  ['Søren', 'soeren'],
  ['Łukasz', 'lukasz'],
  ['Nguyễn', 'nguyen'],
  ['Élodie', 'elodie'],
  ['Anaïs', 'anais'],
  ['Þóra', 'thora'],
  ['Seán', 'sean'],
  ['محمد', 'mohammed'],
  ['伟', 'wei-li'],
  ['さくら', 'sakura-t'],
  ['Олена', 'olena-k'],
]

export const FAMILY: readonly Spelled[] = [
  ...plain('Okafor Adeyemi Mensah Ndlovu Mwangi Diallo Haddad Mansour Rahman Siddiqui Hussain Nasser Ozturk Demir'),
  ...plain('Sharma Patel Iyer Reddy Gupta Banerjee Fernando Perera Gurung Tamang Chowdhury Malik Qureshi Kapoor Rao'),
  ...plain('Chen Wang Zhang Tanaka Suzuki Yamamoto Kim Park Choi Tran Pham Le Santos Reyes Wijaya Rahayu Suwan'),
  ...plain('Silva Costa Pereira Garcia Rodriguez Fernandez Morales Castillo Rossi Ricci Bianchi Moreau Lefebvre'),
  ...plain(
    'Schmidt Weber Fischer Wagner Keller Huber Jansen Bakker Andersson Lindgren Nilsen Hansen Virtanen Korhonen',
  ),
  ...plain('Kowalska Nowak Horvat Novak Popescu Ionescu Kovalenko Shevchenko Petrov Papadopoulos Cohen Levi Mizrahi'),
  ...plain('Smith Jones Taylor Brown Wilson Clark Murphy Walsh Campbell Stewart Evans Hughes Ngata Begay Whitehorse'),
  ['Müller', 'mueller'],
  ['Grünwald', 'gruenwald'],
  ['Sørensen', 'soerensen'],
  ['Dąbrowska', 'dabrowska'],
  ['Muñoz', 'munoz'],
  ['Gonçalves', 'goncalves'],
  ['Çelik', 'celik'],
  ['Jónsdóttir', 'jonsdottir'],
  ["O'Connor", 'oconnor'],
  ['van der Berg', 'vanderberg'],
]

/** Names that a page, a terminal or a table could get wrong. */
export const AWKWARD_NAMES: readonly string[] = [
  'Bartholomew Maximilian Archibald Featherstonehaugh-Cholmondeley-Worthington von und zu Hohenlohe-Schillingsfürst the Third '
    .repeat(2)
    .slice(0, 200)
    .trim(),
  'Robin <b>"& Sons"</b> Tables',
  'نور الدين بن عبد الرحمن (RTL)',
  '🦊 Fox 🚀 of the 🌍 Team',
]

export const DEPARTMENTS: readonly Department[] = [
  { name: 'Engineering', weight: 38, developers: 0.85 },
  { name: 'Data Science', weight: 9, developers: 0.9 },
  { name: 'Product', weight: 8, developers: 0.35 },
  { name: 'Design', weight: 6, developers: 0.3 },
  { name: 'Sales', weight: 14, developers: 0.12 },
  { name: 'Customer Support', weight: 10, developers: 0.15 },
  { name: 'Finance', weight: 6, developers: 0.12 },
  { name: 'Legal', weight: 3, developers: 0.08 },
  { name: 'People and Culture', weight: 3, developers: 0.08 },
  { name: 'Security', weight: 3, developers: 0.7 },
]

export interface Department {
  readonly name: string
  readonly weight: number
  /** The share of its people who run agents. */
  readonly developers: number
}

function plain(names: string): readonly Spelled[] {
  return names.split(' ').map((name) => [name, name.toLowerCase()])
}
