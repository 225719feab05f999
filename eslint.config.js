import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Settings come from one place, so that what can be set is one list and is checked at once. */
const environment = {
  object: 'process',
  property: 'env',
  message: 'Only src/config.ts reads the environment; take the setting from the config you are given.',
};
/** A forgotten `.only` would let the rest of the tests go unrun. */
const only = ['describe', 'context', 'it', 'specify'].map((object) => ({
  object,
  property: 'only',
  message: 'Remove .only: the other tests would not run.',
}));

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', '.data/', 'coverage/', 'bench-results/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Factories and closures here, no `this`: a function may be taken from its object.
      '@typescript-eslint/unbound-method': 'off',
      // An async function without await keeps a promised signature; a number in a message reads as one.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/config.ts', 'src/**/*.test.ts'],
    rules: { 'no-restricted-properties': ['error', environment] },
  },
  {
    files: ['test/**/*.ts', 'src/**/*.test.ts'],
    rules: {
      'no-restricted-properties': ['error', ...only],
      // Answers over HTTP and rows are `any` here; the assertions say what they must be.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
