import { markdownName } from '../audit/markdown.ts'
import type { Preview } from './preview.ts'
import { previewText } from './text.ts'

/** A step's summary may have 1 MiB (GitHub Docs, job summaries); so many characters stay below it, four bytes each. */
const MAX_CHARACTERS = 250_000

/**
 * A plan as Markdown for a CI job's summary page: the text in a fence, which no line of it can close, since none begins
 * with a name.
 */
export function previewSummary(preview: Preview): string {
  const { environment, clusterName } = preview.declaration
  const text = previewText(preview, { colour: false, listUnchanged: false })
  const shown =
    text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS)}\n… (cut here; --json has all of it)\n`
  return `### rds-provision plan: ${markdownName(environment)}, ${markdownName(clusterName)}\n\n\`\`\`\`text\n${shown}\`\`\`\`\n\n`
}
