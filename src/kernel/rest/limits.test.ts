import assert from 'node:assert/strict';
import { addressKey } from './limits.ts';

describe('addressKey', () => {
  it('tells IPv4 addresses apart, however they are written', () => {
    assert.equal(addressKey('192.0.2.1'), '192.0.2.1');
    assert.equal(addressKey('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(addressKey('::FFFF:192.0.2.1'), '192.0.2.1');
  });

  it('takes a whole IPv6 network for one caller', () => {
    const same = ['2001:db8::1', '2001:db8:0:0:ffff::', '2001:0DB8:0000:0000:1:2:3:4', '2001:db8::1%eth0'];
    for (const ip of same) assert.equal(addressKey(ip), '2001:db8:0:0::/64', ip);
    assert.equal(addressKey('2001:db8:0:1::1'), '2001:db8:0:1::/64');
    assert.equal(addressKey('::1'), '0:0:0:0::/64');
    assert.equal(addressKey('fe80::'), 'fe80:0:0:0::/64');
  });

  it('takes callers without an address for one', () => assert.equal(addressKey(''), ''));
});
