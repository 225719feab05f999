import { createServer } from 'node:http';
import express from 'express';
import knex from 'knex';
import { listen } from '../../src/kernel/server.ts';
import { cpuMicroseconds, serveParent } from './child.ts';
import { receiveOrder, type Delivery } from './plain-handler.ts';

/** The service as it is commonly written: Express and knex, a transaction a request, a statement a row. */
const db = knex({
  client: 'pg',
  connection: process.env.DATABASE_URL,
  pool: {
    min: 0,
    max: Number(process.env.DATABASE_POOL),
    // Once a connection: row-level security is in force here as it is for the service.
    afterCreate: (connection: { query(text: string, done: (error: Error | null) => void): void }, done: (error: Error | null, value: unknown) => void) =>
      connection.query('SET ROLE marketplace_system', (error) => done(error, connection)),
  },
});

const app = express();
app.disable('x-powered-by');
app.use(express.json());
app.post('/callback', async (req, res) => {
  const problem = await receiveOrder(db, req.body as Delivery);
  if (problem === undefined) res.status(204).end();
  else res.json({ success: false, message: problem });
});

const server = createServer({ keepAliveTimeout: 65_000 }, (req, res) => void app(req, res));
const port = await listen(server, 0, '127.0.0.1');
serveParent(`http://127.0.0.1:${port}`, cpuMicroseconds, () => db.destroy());
