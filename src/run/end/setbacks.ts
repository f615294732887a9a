/** What a run cannot do for single applications, while it does the others (src/README.md: Whose trouble it is). */
import { ApplyError, type ProvisionError } from '../../errors.ts'
import type { Declaration } from '../../model/declaration.ts'
import { withGuests } from '../../model/leave-out.ts'
import type { Problem } from '../../model/problem.ts'
import type { AdminCredential } from '../../server/connections.ts'

/** What a run knows of the master. */
export interface MasterPart {
  /** Its login, where a major upgrade is to be prepared for it; else null. */
  readonly login: string | null
  /** By role: what the server said where the master tried to give the admin the right over it. */
  readonly refusals: ReadonlyMap<string, string>
}

/** The master in databases that are withheld for it. */
export interface Visitor {
  readonly credential: AdminCredential
  /** It has logged in. */
  isProven: boolean
}

const NO_MASTER: MasterPart = { login: null, refusals: new Map() }

export class Setbacks {
  readonly mayRepair: boolean
  readonly master: MasterPart
  readonly #declaration: Declaration
  /** Databases that were full when this run came to them, and whether it gave them room by now. */
  readonly rooms = new Map<string, 'wanted' | 'made'>()
  /** Roles that this run made. */
  readonly made = new Set<string>()
  /** The master, where it makes extensions in this run, once its secret was read; null: it was not needed so far. */
  visitor: Visitor | null = null
  readonly #failed: Problem[] = []
  #blocked: readonly Problem[] = []
  /** As the last look at the server found them. */
  #roles: ReadonlySet<string> = new Set()
  /** What stood in the way of removals; null: nothing, or nothing was to be removed. */
  removal: ProvisionError | null = null

  /** @param mayRepair the master may be asked for rights that the admin lacks, before anything is given up for it */
  constructor(declaration: Declaration, mayRepair = false, master: MasterPart = NO_MASTER) {
    this.#declaration = declaration
    this.mayRepair = mayRepair
    this.master = master
  }

  /** What was tried in this run and failed: it is not tried again. */
  get failed(): readonly Problem[] {
    return this.#failed
  }

  /** What the last look at the server found in the way. */
  get blocked(): readonly Problem[] {
    return this.#blocked
  }

  /**
   * Applications that are left as they are: the guests of a database among them whose owner is, and all of a database
   * where a second one failed, since each more would cost as much time.
   */
  get leftOut(): ReadonlySet<string> {
    const failed = namesOf(this.#failed)
    const given = this.#declaration.databases
      .filter(({ guests }) => guests.filter(({ name }) => failed.has(name)).length > 1)
      .map(({ owner }) => owner.name)
    return withGuests(this.#declaration, new Set([...failed, ...namesOf(this.#blocked), ...given]), this.#roles)
  }

  /**
   * @param problems each of one application.
   * @throws ApplyError where nothing more is left out for it: the next round would be the same.
   */
  fail(problems: readonly Problem[]): void {
    if (problems.length === 0) return
    const before = this.leftOut.size
    this.#failed.push(...problems)
    if (this.leftOut.size === before) throw new ApplyError(problems)
  }

  /** Takes the place of what blocked before: whatever it was may have gone. */
  block(problems: readonly Problem[], roles: Iterable<string>): void {
    this.#roles = new Set(roles)
    const failed = namesOf(this.#failed)
    this.#blocked = problems.filter(({ application }) => application === null || !failed.has(application))
  }
}

function namesOf(problems: readonly Problem[]): Set<string> {
  return new Set(problems.flatMap(({ application }) => application ?? []))
}
