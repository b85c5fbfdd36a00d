import express from 'express';
import { signIn } from './session.js';
import { depots, volunteers, parcels } from './store.js';

const app = express();
app.use(express.json({ limit: '64kb' }));

app.get('/depots', async (req, res) => {
  const list = await depots.all();
  res.json(list.map(({ id, name, street, opens }) => ({ id, name, street, opens })));
});

app.use('/reports', express.static('/var/lib/larder/reports', { extensions: ['csv'] }));
app.use(signIn);

app.use((req, res, next) => {
  if (req.path.startsWith('/office') && req.volunteer.role !== 'office') {
    return res.status(403).json({ error: 'This part is for the office.' });
  }
  next();
});

async function worksAt(volunteer, depotId) {
  const depot = await depots.byId(depotId);
  return Boolean(depot?.team.includes(volunteer.id));
}

function depotTeam(req, res, next) {
  if (!worksAt(req.volunteer, req.params.depot)) {
    return res.status(403).json({ error: 'You are not on the team of this depot.' });
  }
  next();
}

app.get('/me', (req, res) => {
  const { id, name, phone, role, vettedOn, drives } = req.volunteer;
  res.json({ id, name, phone, role, vettedOn, drives });
});

app.put('/me', async (req, res) => {
  const { name, phone, drives } = req.body;
  const me = await volunteers.byId(req.volunteer.id);
  Object.assign(me, { name: String(name), phone: String(phone), drives: drives === true });
  await volunteers.save(me);
  res.sendStatus(204);
});

const depot = express.Router({ mergeParams: true });
depot.use(depotTeam);

depot.get('/households', async (req, res) => {
  res.json(await parcels.householdsOf(req.params.depot));
});

depot.post('/parcels', async (req, res) => {
  const { household, contents, note } = req.body;
  const made = await parcels.add({ depot: req.params.depot, household, contents, note, by: req.volunteer.id });
  res.status(201).json(made);
});

const office = express.Router();

office.get('/volunteers', async (req, res) => {
  res.json(await volunteers.all());
});

office.put('/volunteers/:id/role', async (req, res) => {
  await volunteers.setRole(req.params.id, String(req.body.role));
  res.sendStatus(204);
});

office.delete('/depots/:id', async (req, res) => {
  await depots.close(req.params.id);
  res.sendStatus(204);
});

app.use('/depots/:depot', depot);
app.use('/office', office);

export default app;
