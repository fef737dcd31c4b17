// Reads `reparto sandbox` with the published JavaScript client of the Message Gateway's bot API, and checks what it
// gets: somebody else's reading of the protocol, against which our stand-in has to hold.
//
// Usage: node sandbox.js http://127.0.0.1:PORT TOKEN, where `mg-api-client` can be required.
'use strict';

const assert = require('node:assert/strict');
const https = require('node:https');
const net = require('node:net');

const [address, token] = process.argv.slice(2);
const { hostname, port } = new URL(address);

// The client refuses addresses that are not https and cannot be given a port. It is left as it is: its requests get an
// agent that carries them to the sandbox, in clear, over loopback.
class ToTheSandbox extends https.Agent {
  createConnection(_options, connected) {
    return net.connect({ host: hostname, port: Number(port) }, connected);
  }
}
https.globalAgent = new ToTheSandbox({ keepAlive: false });

const exported = require('mg-api-client');
const MgBotApiClient = exported.default || exported;
const api = new MgBotApiClient({ host: 'https://sandbox.invalid', token }).client;

async function control(path, body) {
  const answer = await fetch(`${address}/sandbox${path}`, { method: 'POST', body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

async function refusal(promise) {
  return promise.then(
    (answer) => assert.fail(`it should be refused, not answered ${JSON.stringify(answer)}`),
    (error) => error.message,
  );
}

async function main() {
  const bots = await api.getBots({ self: 1 });
  assert.equal(bots.length, 1);
  assert.ok(bots[0].is_self && bots[0].is_active);
  await api.info({ name: 'Reparto', avatar_url: 'https://bot.example/logo.svg', roles: ['distributor'] });
  assert.deepEqual((await api.getBots({ role: 'distributor', active: 1 }))[0].roles, ['distributor']);

  const users = await api.getUsers({ active: 1 });
  assert.ok(users.length >= 2, 'there are managers');
  const [ana, boris] = users.slice(-2);
  assert.match(ana.external_id, /^\d+$/);
  assert.equal((await api.getUsers({ id: ana.id }))[0].first_name, ana.first_name);

  const channels = await api.getChannels({ active: 1, limit: 1000 });
  assert.ok(channels.length >= 1 && channels[0].type && channels[0].settings.text.creating);

  const party = { external_id: '34611222333', name: 'Marta Ruiz', phone: '34611222333' };
  const said = await control('/customer-message', { channel_id: channels[0].id, text: 'Hola & <buenas>', ...party });
  const [chat] = await api.getChats({ id: said.chat_id });
  assert.equal(chat.customer.name, 'Marta Ruiz');
  assert.equal(chat.last_dialog.id, said.dialog_id);
  assert.equal((await api.getCustomers({ id: chat.customer.id }))[0].external_id, party.external_id);

  const [open] = await api.getDialogs({ active: 1, id: said.dialog_id });
  assert.ok(!open.is_assigned && open.responsible === null && open.chat_id === chat.id);

  assert.equal(await refusal(api.unassignDialog(said.dialog_id)), 'dialog is not assigned');
  const first = await api.assignDialog(said.dialog_id, { user_id: ana.id });
  assert.equal(first.responsible.id, ana.id);
  assert.equal(first.responsible.external_id, ana.external_id);
  assert.equal(first.is_reassign, false);
  const second = await api.assignDialog(said.dialog_id, { user_id: boris.id });
  assert.equal(second.previous_responsible.id, ana.id);
  assert.equal(second.left_user_id, ana.id);
  const members = await api.getMembers({ chat_id: chat.id });
  assert.deepEqual(
    Object.fromEntries(members.map((member) => [member.user_id, member.state])),
    { [ana.id]: 'kicked', [boris.id]: 'active' },
  );

  const sent = await api.sendMessage({ chat_id: chat.id, scope: 'private', content: 'Boris was free' });
  assert.ok(sent.message_id > said.message_id && !Number.isNaN(Date.parse(sent.time)));
  await api.editMessage(sent.message_id, { content: 'Boris had room' });
  const messages = await api.getMessages({ chat_id: chat.id, limit: 1000 });
  const note = messages.find((message) => message.id === sent.message_id);
  assert.ok(note.scope === 'private' && note.content === 'Boris had room' && note.from.type === 'bot');
  const actions = messages.filter((message) => message.type === 'system').map((message) => message.action);
  assert.deepEqual(actions.sort(), ['dialog_assign', 'dialog_assign', 'dialog_opened']);
  await api.deleteMessage(sent.message_id);
  assert.ok(!(await api.getMessages({ chat_id: chat.id })).some((message) => message.id === sent.message_id));
  assert.equal(await refusal(api.sendMessage({ scope: 'private', content: 'x' })), 'chat_id is a required field');

  const unassigned = await api.unassignDialog(said.dialog_id);
  assert.equal(unassigned.previous_responsible.id, boris.id);
  assert.deepEqual(await api.closeDialog(said.dialog_id), {});
  const [closed] = await api.getDialogs({ id: said.dialog_id });
  assert.ok(closed.closed_at && closed.ending_message_id);

  const command = await api.editCommand('why', { description: 'Why is this dialog mine?' });
  assert.equal(command.name, 'why');
  assert.equal((await api.getCommands())[0].description, 'Why is this dialog mine?');
  await api.deleteCommand('why');
  assert.deepEqual(await api.getCommands(), []);

  assert.equal(await refusal(api.assignDialog(444444, { user_id: ana.id })), 'dialog #444444 not found');
  const stranger = new MgBotApiClient({ host: 'https://sandbox.invalid', token: 'another' }).client;
  assert.equal(await refusal(stranger.getBots()), 'Forbidden');
  console.log('the published client reads the sandbox: bots, users, channels, chats, dialogs, members, messages, commands');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
