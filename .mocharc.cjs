const inCi = Boolean(process.env.CI);
const chosen = process.argv.slice(2).some((argument) => argument.endsWith('.ts'));

module.exports = {
  'node-option': ['import=tsx'],
  require: ['test/support/hooks.ts'],
  reporter: 'test/support/reporter.ts',
  // Mocha adds these to the files of the command line; `npx mocha some.test.ts` is to run that file alone.
  spec: chosen ? [] : ['src/**/*.test.ts', 'test/**/*.test.ts'],
  timeout: 60_000,
  'forbid-only': inCi,
  'fail-zero': true,
  // No forced exit: a test that leaks a server, a timer or a connection shows by the run not ending.
  exit: false,
};
