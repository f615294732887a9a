/** What the demo shows, in order. */
import type { Bed } from './bed.ts'
import { showAudit } from './acts/audit.ts'
import { showBlocked } from './acts/blocked.ts'
import { showFirstApply } from './acts/first-apply.ts'
import { showLogins } from './acts/logins.ts'
import { showRemoval } from './acts/removal.ts'
import { showChangedSecret, showNothingToDo, showTaint } from './acts/runs.ts'

const ACTS: readonly ((bed: Bed) => Promise<void>)[] = [
  showFirstApply,
  showLogins,
  showNothingToDo,
  showTaint,
  showChangedSecret,
  showBlocked,
  showRemoval,
  showAudit,
]

/** @throws Error at the first claim that is not true; the signal's reason where it is aborted */
export async function tell(bed: Bed, signal: AbortSignal): Promise<void> {
  for (const act of ACTS) {
    signal.throwIfAborted()
    await act(bed)
  }
}
