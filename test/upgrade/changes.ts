/** What an upgrade may change: the one table to extend with a release that changes more. */

export interface Change {
  /** The heading of CHANGELOG.md below which users are told (test/unit/support/upgrade.test.ts); a release moves it. */
  readonly heading: string
  /** Resources that the plan touches without a change of the configuration. */
  readonly resources: readonly ResourceChange[]
  /** Rows of the catalogs that the first apply changes, as lines of `difference` in test/support/catalogs.ts. */
  readonly rows: readonly RegExp[]
  /** Keys of tags that the first apply writes; of a comment, nothing else may be another. */
  readonly tags: readonly string[]
}

export interface ResourceChange {
  /** Within the module; `terraform_data.application[*]` stands for the markers, which differ alike. */
  readonly address: string
  /** The address in the former module, where a `moved` block has changed it. */
  readonly from?: string
  /** As `terraform show -json` of a plan gives them: `['delete', 'create']` is a replacement. */
  readonly actions: readonly string[]
  /** Attributes that differ, those unknown until apply included; of a map its keys: `triggers.script`. */
  readonly attributes: readonly string[]
}

/**
 * The plan has exactly these resources (one that several releases name differs in the attributes of all), and the server no
 * row that differs but these. No marker may be replaced or destroyed: that would run a removal.
 *
 * A new bundle has a new hash, which stands in the triggers of the provisioning: it runs again, and its audit takes the place
 * of the old one in the state.
 */
export const CHANGES: readonly Change[] = [
  {
    heading: 'Unreleased',
    resources: [
      {
        address: 'null_resource.provision',
        actions: ['delete', 'create'],
        // The oldest null provider does not know a map of which it does not know one value.
        attributes: ['id', 'triggers'],
      },
      { address: 'terraform_data.application[*]', actions: ['update'], attributes: ['input', 'output'] },
      // The audit is kept in another resource, which counts as sensitive: that of the former is in the state no more.
      { address: 'null_resource.audit', actions: ['create'], attributes: ['id', 'triggers'] },
      {
        address: 'terraform_data.audit',
        actions: ['delete'],
        attributes: ['id', 'input', 'output', 'triggers_replace'],
      },
      {
        address: 'terraform_data.declaration',
        actions: ['create'],
        attributes: ['id', 'input', 'output', 'triggers_replace'],
      },
      // The claim: nothing has one yet, so the run writes it into the tags.
      {
        address: 'terraform_data.stack',
        actions: ['create'],
        attributes: ['id', 'input', 'output', 'triggers_replace'],
      },
    ],
    rows: [],
    tags: ['Marker', 'Workspace', 'Claim', 'ClaimedAt', 'ClaimedByBuildId', 'OwnedDatabase', 'UpdatedByBuildId'],
  },
]

/** What a plan then has, one a resource, in the order of the addresses. */
export function resourcesOf(changes: readonly Change[]): ResourceChange[] {
  const byAddress = new Map<string, ResourceChange>()
  for (const resource of changes.flatMap(({ resources }) => resources)) {
    const earlier = byAddress.get(resource.address)
    const attributes = new Set([...(earlier?.attributes ?? []), ...resource.attributes])
    byAddress.set(resource.address, { ...earlier, ...resource, attributes: [...attributes].sort() })
  }
  return [...byAddress.values()].sort((a, b) => a.address.localeCompare(b.address))
}
