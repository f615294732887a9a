/** The screens of README and guides: code blocks behind a mark, and a picture. */
import { fileURLToPath } from 'node:url'
import { launchBrowser } from './browser.ts'

export const PICTURE = fileURLToPath(new URL('../../terraform-module/docs/report.png', import.meta.url))

function blockOf(name: string): RegExp {
  return new RegExp(`(<!-- screen: ${name} -->\\n\`\`\`text\\n)([^]*?)(\`\`\`\\n)`)
}

/** The text of a screen in a page. @throws Error where it has none of that name */
export function screenIn(page: string, name: string): string {
  const text = blockOf(name).exec(page)?.[2]
  if (text === undefined) throw new Error(`The page has no screen ${name}.`)
  return text
}

export function withScreen(page: string, name: string, text: string): string {
  screenIn(page, name)
  return page.replace(blockOf(name), (_, before: string, _old: string, after: string) => `${before}${text}${after}`)
}

/** The report's page as a browser shows it, its tables and the timeline in sight. */
export async function takePicture(page: string): Promise<void> {
  const browser = await launchBrowser()
  try {
    const tab = await browser.newPage({ viewport: { width: 1400, height: 900 } })
    await tab.goto(`file://${page}`)
    await tab.screenshot({ path: PICTURE })
  } finally {
    await browser.close()
  }
}
