// The load scenario for k6 (https://k6.io), with the same steps, stages and thresholds as `npm run load`:
//
//   npm start                                              in another terminal
//   k6 run tests/load/orders.js                            16 minutes, up to 1000 users
//   k6 run -e SCALE=0.1 tests/load/orders.js               96 seconds
//
// BASE_URL         http://127.0.0.1:3000
// TOKEN            what all users show; otherwise each gets one from /dev/token
// OPERATOR_TOKEN   what the kitchens show; otherwise one is got from /dev/token
// SCALE            multiplies the times, 1
//
// Written for k6 and not run by the project's own tests: they have no k6.
import { check, sleep } from 'k6';
import http from 'k6/http';
import { Rate } from 'k6/metrics';

const BASE_URL = __ENV.BASE_URL || 'http://127.0.0.1:3000';
const SCALE = Number(__ENV.SCALE || 1);
const RESTAURANTS = 100;

const errors = new Rate('errors');

export const options = {
  stages: [
    { duration: seconds(120), target: 100 },
    { duration: seconds(300), target: 100 },
    { duration: seconds(120), target: 1000 },
    { duration: seconds(300), target: 1000 },
    { duration: seconds(120), target: 0 },
  ],
  thresholds: {
    // Of what the users do; what the kitchens do is counted apart.
    'http_req_duration{by:user}': ['p(95)<500'],
    errors: ['rate<0.01'],
  },
};

function seconds(count) {
  return `${Math.max(1, Math.round(count * SCALE))}s`;
}

export function setup() {
  return { operatorToken: __ENV.OPERATOR_TOKEN || devToken({ sub: 'load-kitchens', groups: ['operator'] }) };
}

// Every user of k6 has a copy of this for itself.
let token = __ENV.TOKEN;

export default function ({ operatorToken }) {
  token = token || devToken({ sub: `load-${__VU}` });
  const id = placeOrder();
  if (id) lookAt(id);
  sleep(1);
  if (id) confirm(id, operatorToken);
}

function placeOrder() {
  const order = {
    restaurantId: `rest-${Math.floor(Math.random() * RESTAURANTS)}`,
    items: [
      { menuItemId: 'pizza', quantity: 1 },
      { menuItemId: 'soda', quantity: 2 },
    ],
    deliveryAddress: `${__VU} Load Street`,
    paymentMethod: 'pm_card_visa',
    contact: { email: `load-${__VU}@example.com` },
  };
  const key = `load-${Date.now()}-${__VU}-${__ITER}`;
  const answer = http.post(`${BASE_URL}/v1/orders`, JSON.stringify(order), {
    headers: { ...headers(token), 'Idempotency-Key': key },
    tags: { by: 'user', name: 'create' },
  });
  const id = field(answer, 'id');
  const placed = check(answer, {
    'the order was placed': ({ status }) => status === 201,
    'it has an id': () => Boolean(id),
  });
  errors.add(!placed);
  return placed ? id : undefined;
}

function lookAt(id) {
  const answer = http.get(`${BASE_URL}/v1/orders/${id}`, {
    headers: headers(token),
    tags: { by: 'user', name: 'get' },
  });
  const found = check(answer, {
    'the order is there': ({ status }) => status === 200,
    'it is the right one': () => field(answer, 'id') === id,
  });
  errors.add(!found);
}

/** As often as it takes: an order that is not paid yet is answered with `illegal-transition`. */
function confirm(id, operatorToken) {
  for (let tries = 0; tries < 10; tries += 1) {
    const answer = http.post(`${BASE_URL}/v1/orders/${id}/confirmation`, JSON.stringify({ accepted: true }), {
      headers: headers(operatorToken),
      tags: { by: 'kitchen', name: 'confirm' },
    });
    if (field(answer, 'code') !== 'illegal-transition') return;
    sleep(1);
  }
}

function devToken(request) {
  const answer = http.post(`${BASE_URL}/dev/token`, JSON.stringify(request), {
    headers: { 'Content-Type': 'application/json' },
    tags: { by: 'setup', name: 'token' },
  });
  const given = field(answer, 'token');
  if (!given) throw new Error(`no token from ${BASE_URL}/dev/token (${answer.status}): set TOKEN and OPERATOR_TOKEN`);
  return given;
}

function headers(bearer) {
  return { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' };
}

/** A field of the answer; undefined when the answer is no JSON. */
function field(answer, name) {
  try {
    return answer.json(name);
  } catch {
    return undefined;
  }
}
