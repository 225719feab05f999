/**
 * Who may know whom: kernel ← events ← transports (hub, amqp) and modules; main, app and compose wire them.
 * Type-only imports count, a type is knowledge as well; only a circle may be closed by one, for it is gone at run time.
 */
const CONTEXTS = 'marketplace|ordering|customers';
/** What a module shows to others, what a context gives its modules, and how every context tells customers something. */
const SHOWN = '^src/modules/(module|notifications/ports)[.]ts$|/(topics|read-model)[.]ts$';

/** `from` may import of src/ only what `allowed` matches. */
const onlyKnows = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: allowed },
});

const never = (name, from, to, comment) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    never(
      'no-circular',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
      'Two files that need each other are one file, or lack a third.',
    ),
    never('no-unresolvable', {}, { couldNotResolve: true }, 'The file or package does not exist.'),
    never(
      'no-undeclared-package',
      { path: '^(src|scripts|db)/', pathNot: '[.]test[.]ts$' },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
      'The production image has only what stands under dependencies in package.json.',
    ),

    onlyKnows('kernel-knows-kernel', '^src/kernel/', '^src/kernel/', 'The kernel serves all and knows none.'),
    onlyKnows('events-know-kernel', '^src/events/', '^src/(kernel|events)/', 'The event core is transport-agnostic.'),
    onlyKnows('hub-knows-events', '^src/hub/', '^src/(kernel|events|hub)/', 'A transport knows no module.'),
    onlyKnows('amqp-knows-events', '^src/amqp/', '^src/(kernel|events|amqp)/', 'A transport knows no module.'),
    never(
      'modules-know-no-transport',
      { path: '^src/modules/' },
      { path: '^src/((hub|amqp)/|(main|app|compose|modules)[.]ts$)' },
      'A module publishes and subscribes through the event core; wiring is compose.ts alone.',
    ),

    never(
      'contexts-apart',
      { path: `^src/modules/(${CONTEXTS})/` },
      { path: `^src/modules/(${CONTEXTS})/`, pathNot: '^src/modules/$1/' },
      'Contexts meet only through events.',
    ),
    never(
      'modules-by-topics-and-reads',
      { path: `^src/modules/(${CONTEXTS})/([^/]+)/` },
      { path: '^src/modules/', pathNot: `^src/modules/$1/($2/|(access|ports)[.]ts$)|${SHOWN}` },
      'Of another module import its topics.ts and read-model.ts; of the context its access.ts and ports.ts.',
    ),
    never(
      'ports-by-topics-and-reads',
      { path: `^src/modules/(${CONTEXTS})/ports[.]ts$` },
      { path: '^src/modules/', pathNot: SHOWN },
      "The ports, which every module of a context may import, must not carry one module's insides to another.",
    ),
    never(
      'panel-and-notifications-by-topics-and-reads',
      { path: `^src/modules/(?!${CONTEXTS})([^/]+)/` },
      { path: '^src/modules/', pathNot: `^src/modules/($1/|(${CONTEXTS})/(access|ports)[.]ts$)|${SHOWN}` },
      'Of another module import its topics.ts and read-model.ts; of a context its access.ts and ports.ts.',
    ),

    never(
      'src-stands-alone',
      { path: '^src/', pathNot: '^src/main[.]ts$' },
      { path: '^(scripts|test)/' },
      'Scripts and tests use the service, not the other way round.',
    ),
    never(
      'main-starts-only-the-simulator',
      { path: '^src/main[.]ts$' },
      { path: '^(scripts|test)/', pathNot: '^scripts/hub-simulator/index[.]ts$' },
      'In development the service starts the hub simulator; it needs nothing else of scripts.',
    ),
    never(
      'main-starts-the-simulator-on-demand',
      { path: '^src/main[.]ts$' },
      { path: '^scripts/hub-simulator/', dynamic: false, dependencyTypesNot: ['type-only'] },
      'Import it with await import(…), so that production never loads it.',
    ),
    never('scripts-without-tests', { path: '^(scripts|db)/' }, { path: '^test/' }, 'Scripts are built and shipped, tests are not.'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};
