import { fileURLToPath } from 'node:url';
import { stateDiagram, statusDiagram, statusTable } from '../shared/workflow/diagram.ts';
import { CURRENT } from '../shared/workflow/order-workflow.ts';
import { generateFile } from './generated-file.ts';

const HELP = `Writes the diagrams of the order's workflow and statuses into docs/architecture.md.

Usage: npx node scripts/diagram.ts [--check] [--file <path>] [--help]

  --check        change nothing; fail when the page is not what would be written
  --file <path>  another page than docs/architecture.md
  --help         show this
`;

const PAGE = fileURLToPath(new URL('../docs/architecture.md', import.meta.url));

/** `page` with what stands between its markers written anew. Throws when a marker is missing. */
export function withDiagrams(page: string): string {
  const workflow = mermaid(stateDiagram(CURRENT));
  const statuses = `${statusTable()}\n\n${mermaid(statusDiagram())}`;
  return between(between(page, 'workflow', workflow), 'statuses', statuses);
}

function between(page: string, name: string, content: string): string {
  const start = `<!-- ${name}:start -->`;
  const end = `<!-- ${name}:end -->`;
  const from = page.indexOf(start);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the page has no ${start} followed by ${end}`);
  return `${page.slice(0, from + start.length)}\n${content}\n${page.slice(to)}`;
}

function mermaid(diagram: string): string {
  return `\`\`\`mermaid\n${diagram}\n\`\`\``;
}

if (import.meta.main) generateFile({ name: 'diagram', help: HELP, file: PAGE, write: withDiagrams });
