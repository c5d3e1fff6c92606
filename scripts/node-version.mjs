// Loaded before every command: a clear word instead of a syntax error where a script is started on another Node.
const major = Number(process.versions.node.split('.')[0]);
if (major !== 24) {
  process.stderr.write(
    `tricloud-orders runs on Node 24, and this is ${process.version}: run "npm ci", then use the npm scripts.\n`,
  );
  process.exit(1);
}
