// Run in a fresh process by bench-cold.ts: loads a bundle, calls it once, and tells when it was ready and when it had answered.
const [, , file, event] = process.argv;
const { handler } = require(file);
const ready = performance.now();
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 };
handler(JSON.parse(event), context).then(
  (answer) => {
    process.stdout.write(`${JSON.stringify({ ready, answered: performance.now(), answer })}\n`, () => process.exit(0));
  },
  (error) => {
    process.stderr.write(`${error.stack}\n`, () => process.exit(1));
  },
);
