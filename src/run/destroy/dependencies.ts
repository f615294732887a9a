/** What a removal that Terraform starts beside others needs, besides what every run needs. */
import type { Dependencies } from '../context.ts'

export interface DestroyDependencies extends Dependencies {
  /** By which the concurrent removals of one run find each other: made from the CI run, or the parent process. */
  readonly runGroup: string
}
