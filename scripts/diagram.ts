import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stateDiagram, statusDiagram, statusTable } from '../shared/workflow/diagram.ts';
import { CURRENT } from '../shared/workflow/order-workflow.ts';

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

/** Answers the exit code. */
function main(args: string[]): number {
  const { values } = parseArgs({
    args,
    options: { check: { type: 'boolean' }, file: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const file = values.file ?? PAGE;
  const page = readFileSync(file, 'utf8');
  const written = withDiagrams(page);
  if (written === page) return 0;
  if (values.check) {
    process.stderr.write(`${file} does not show the workflow as it is. Run \`npm run generate\`.\n`);
    return 1;
  }
  writeFileSync(file, written);
  return 0;
}

if (import.meta.main) {
  try {
    process.exitCode = main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`diagram: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
