import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportSPKI, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { AUDIENCE, ISSUER, staffCheck } from '../src/tokens.js';

const { publicKey, privateKey } = await generateKeyPair('ES384');
const other = await generateKeyPair('ES384');
const isStaff = await staffCheck(await exportSPKI(publicKey));

const now = Math.floor(Date.now() / 1000);
const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'ada', jti: 'j1', exp: now + 60, role: 'staff' };

async function check(changes: JWTPayload, key = privateKey) {
  const token = await new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: 'ES384' }).sign(key);
  return isStaff(`Bearer ${token}`);
}

test('staff pass', async () => assert.equal(await check({}), true));

test('everyone else does not', async () => {
  assert.equal(await isStaff(undefined), false);
  assert.equal(await isStaff('Bearer abc'), false);
  assert.equal(await check({ role: 'customer' }), false);
  assert.equal(await check({ exp: now - 60 }), false);
  assert.equal(await check({ iss: 'elsewhere' }), false);
  assert.equal(await check({ aud: 'bank' }), false);
  assert.equal(await check({}, other.privateKey), false);
  const secret = new TextEncoder().encode('a shared secret that was guessed');
  const forged = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(secret);
  assert.equal(await isStaff(`Bearer ${forged}`), false);
});
