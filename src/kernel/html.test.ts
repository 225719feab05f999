import assert from 'node:assert/strict';
import fc from 'fast-check';
import { html, textOf, type Html } from './html.ts';

const decode = (text: string) =>
  text.replace(
    /&(amp|lt|gt|quot|#39);/g,
    (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name] ?? '',
  );

describe('html', () => {
  it('escapes every value and keeps what it made itself', () => {
    const item = (name: string) => html`<li title="${name}">${name}</li>`;
    assert.equal(
      textOf(html`<ul>${['a', '<b> & "c"'].map(item)}</ul>`),
      '<ul><li title="a">a</li><li title="&lt;b&gt; &amp; &quot;c&quot;">&lt;b&gt; &amp; &quot;c&quot;</li></ul>',
    );
  });

  it('leaves out what is not there, and not zero', () => {
    assert.equal(textOf(html`[${undefined}${null}${false}${0}${''}]`), '[0]');
  });

  it('shows any text as that text, and never as markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const inside = textOf(html`<p title="${text}">${text}</p>`).slice('<p title="'.length, -'</p>'.length);
        const [attribute = '', content = ''] = inside.split('">');
        assert.doesNotMatch(attribute + content, /[<>"']/);
        assert.deepEqual([decode(attribute), decode(content)], [text, text]);
      }),
    );
  });

  it('takes nothing for HTML that came in as data', () => {
    const forged = JSON.parse('{"text": "<script>"}') as Html;
    assert.equal(textOf(html`[${forged}]`), '[]');
  });
});
