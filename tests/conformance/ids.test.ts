import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmacIds } from '../../shared/adapters/in-process/hmac-ids.ts';

const PEPPER = 'p'.repeat(32);
const ids = hmacIds({ pepper: PEPPER, environment: 'dev' });

describe('hmacIds: Ids', () => {
  it('answers the same id for the same customer and key, also from another process', () => {
    const other = hmacIds({ pepper: PEPPER, environment: 'dev' });
    fc.assert(
      fc.property(fc.string(), fc.string(), (customer, key) => {
        expect(other.orderId(customer, key)).toBe(ids.orderId(customer, key));
      }),
    );
  });

  it('never changes what it answers: orders are found by it', () => {
    expect(ids.orderId('alice', 'key-1')).toBe('ord_qljcipf4fi5blh67hcz5tmzbxvmywxfg');
  });

  it('is 160 bits of the HMAC of its length-prefixed parts, in the base32 of RFC 4648', () => {
    const prefixed = Buffer.from('\0\0\0\x03dev\0\0\0\x05alice\0\0\0\x05key-1');
    const bits = [...createHmac('sha256', PEPPER).update(prefixed).digest().subarray(0, 20)]
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('');
    const letters = bits.match(/.{5}/g)?.map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five, 2)]);
    expect(ids.orderId('alice', 'key-1')).toBe(`ord_${letters?.join('')}`);
  });

  it('has 32 characters of lower-case base32 for whatever text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (customer, key) => {
        expect(ids.orderId(customer, key)).toMatch(/^ord_[a-z2-7]{32}$/);
      }),
    );
  });

  it('answers another id for any other customer, key, environment or pepper', () => {
    const text = fc.string({ maxLength: 4 });
    const parts = fc.tuple(fc.constantFrom('dev', 'de', 'prod'), text, text);
    const idOf = ([environment, customer, key]: [string, string, string]) =>
      hmacIds({ pepper: PEPPER, environment }).orderId(customer, key);
    fc.assert(
      fc.property(parts, parts, (left, right) => {
        expect(idOf(left) === idOf(right)).toBe(JSON.stringify(left) === JSON.stringify(right));
      }),
    );
    const otherPepper = hmacIds({ pepper: 'q'.repeat(32), environment: 'dev' });
    expect(otherPepper.orderId('alice', 'key-1')).not.toBe(ids.orderId('alice', 'key-1'));
  });

  it.each([
    ['de', 'valice', 'key-1'],
    ['devalice', '', 'key-1'],
    ['dev', 'alicek', 'ey-1'],
    ['dev', '', 'alicekey-1'],
  ])('keeps parts apart that read the same when joined: %s, %s, %s', (environment, customer, key) => {
    const shifted = hmacIds({ pepper: PEPPER, environment }).orderId(customer, key);
    expect(shifted).not.toBe(ids.orderId('alice', 'key-1'));
  });

  it('refuses a pepper of fewer than 32 bytes without telling it', () => {
    const short = 'secret'.padEnd(31, '!');
    const make = () => hmacIds({ pepper: short, environment: 'dev' });
    expect(make).toThrow(RangeError);
    expect(make).toThrow(/^[^!]*$/);
    expect(() => hmacIds({ pepper: 'ü'.repeat(16), environment: 'dev' })).not.toThrow();
  });
});
