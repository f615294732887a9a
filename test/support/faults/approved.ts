/** Scenarios whose runs are approved by the digest of their plan, with its file, before they are cut off. */
import { approve, planOf } from '../approved.ts'
import type { Bed } from '../provision.ts'
import { adoption, firstRun, masterExtension, update } from './scenarios.ts'
import type { Scenario } from './sweep.ts'

/** The run that is cut off and the one after it have the same approval: that of the plan as it was before. */
function byOneApproval({ title, stack, legs }: Scenario): Scenario {
  const approved = legs.map((leg) => ({
    ...leg,
    prepare: async (): Promise<void> => {
      stack.env = {}
      await leg.prepare()
      const plan = await planOf(stack)
      approve(stack, plan, plan.file)
    },
  }))
  return { title: `${title}, by one approval`, stack, legs: approved }
}

export function approvedFirstRun(bed: Bed): Scenario {
  return byOneApproval(firstRun(bed))
}

export function approvedUpdate(bed: Bed): Scenario {
  return byOneApproval(update(bed))
}

export function approvedAdoption(bed: Bed): Scenario {
  return byOneApproval(adoption(bed))
}

export function approvedExtension(bed: Bed): Scenario {
  return byOneApproval(masterExtension(bed))
}
