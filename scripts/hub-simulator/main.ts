import type { HubSimulator } from './index.ts';
import { startHubSimulator } from './index.ts';

const CALLBACK_DEFAULT = 'http://127.0.0.1:3000/callback';

function portFrom(text: string | undefined): number {
  const port = Number(text || 4000);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`HUB_SIMULATOR_PORT must be a port number, not '${text}'.`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function introduce({ url }: HubSimulator, callbackUrl: string): void {
  const json = `-H 'content-type: application/json'`;
  const order = {
    pedidoId: '12345',
    comercio_id: 1,
    cliente_nombre: 'Juana Gomez',
    direccion_entrega: 'Av. Corrientes 1234, CABA',
    productos: [{ producto_id: 1, cantidad: 2, precio_unitario: 450.75 }],
    medios_pago: 'fiat',
    total: 901.5,
  };
  const delivery = JSON.stringify({ topic: 'pedido.creado', payload: order });
  const month = JSON.stringify({ ask: 'ventas.mes', fechaDesde: '2024-01-01', fechaHasta: '2024-01-31' });
  print(`The hub simulator listens on ${url} and delivers to ${callbackUrl}`);
  print('Try:');
  print(`  curl ${url}/_sim                                 all addresses`);
  print(`  curl '${url}/_sim/events?topic=stock.actualizado'  what was published to the hub`);
  print(`  curl ${json} -d '${delivery}' ${url}/_sim/deliver`);
  print(`  curl ${json} -d '${month}' ${url}/_sim/accounting`);
  print(`  curl ${json} -d '{"status":503,"retryAfterSeconds":1,"for":20}' ${url}/_sim/faults`);
  print(`  curl -X DELETE ${url}/_sim/faults                  behaves again`);
}

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const callbackUrl = env.CALLBACK_URL || CALLBACK_DEFAULT;
  const simulator = await startHubSimulator({
    port: portFrom(env.HUB_SIMULATOR_PORT),
    callbackUrl,
    username: env.HUB_USERNAME || undefined,
    password: env.HUB_PASSWORD || undefined,
    log: print,
  });
  introduce(simulator, callbackUrl);
  const stop = (): void => void simulator.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main(process.env).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
