// Loaded before every command. Says a clear word instead of a syntax error where a command is started on another Node, and keeps
// compiled code (in the system's temporary folder), which takes a third off the time to start.
const major = Number(process.versions.node.split('.')[0]);
if (major !== 24) {
  process.stderr.write(
    `tricloud-orders runs on Node 24, and this is ${process.version}: run "npm ci", then use the npm scripts.\n`,
  );
  process.exit(1);
}
const { enableCompileCache } = await import('node:module');
enableCompileCache();
