/** Keys of entries, from the names of roles and databases. Pure. */
import { isName } from '../input/text.ts'
import { isPredefined } from '../model/predefined-roles.ts'
import { isSendable } from '../model/sendable.ts'

/** Whether a name can stand in a declaration: HCL and Terraform's JSON know text as NFC only, and so change others. */
export function isExpressible(name: string): boolean {
  return isSendable(name) && isName(name) && name === name.normalize('NFC')
}

/** A key has a lower-case letter first, then lower-case letters, digits, `_` and `-`. */
export function keyFrom(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '_')
    .replace(/^[_-]+|[_-]+$/g, '')
  if (plain === '') return 'x'
  return /^[a-z]/.test(plain) ? plain : `x_${plain}`
}

/** Gives each key once. */
export class Keys {
  readonly #taken: Set<string>

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken)
  }

  take(name: string): string {
    const wanted = keyFrom(name)
    const key = isPredefined(wanted) || this.#taken.has(wanted) ? this.#next(wanted) : wanted
    this.#taken.add(key)
    return key
  }

  #next(wanted: string): string {
    let number = 2
    while (this.#taken.has(`${wanted}_${String(number)}`)) number += 1
    return `${wanted}_${String(number)}`
  }
}

/** In the order of their code points, whatever the locale of the runner. */
export function inOrder(names: Iterable<string>): string[] {
  return [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

/** The name of a role that is to be made, which nobody has. */
export function newRoleName(base: string, taken: ReadonlySet<string>): string {
  const plain = keyFrom(base).replaceAll('-', '_').slice(0, 50)
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? `${plain}_owner` : `${plain}_owner_${String(number)}`
    if (!taken.has(name)) return name
  }
}
