// tedious: NODE_PATH=... node tedious_check.js HOST PORT USER PASSWORD DATABASE
const { Connection, Request, TYPES } = require('tedious');
const [host, port, userName, password, database] = process.argv.slice(2);
let failed = false;

function connect(options) {
  return new Promise((resolve, reject) => {
    const connection = new Connection({
      server: host === '127.0.0.1' ? 'localhost' : host,
      authentication: { type: 'default', options: { userName, password } },
      options: { port: +port, database, encrypt: false, trustServerCertificate: true, ...options },
    });
    connection.on('connect', (error) => (error ? reject(error) : resolve(connection)));
    connection.connect();
  });
}

function run(connection, sql, parameters = [], how = 'execSql') {
  return new Promise((resolve, reject) => {
    const rows = [];
    const request = new Request(sql, (error) => (error ? reject(error) : resolve(rows)));
    request.on('row', (columns) => rows.push(Object.fromEntries(columns.map((c) => [c.metadata.colName, c.value]))));
    for (const p of parameters) request.addParameter(...p);
    connection[how](request);
  });
}

const step = (connection, name) => new Promise((resolve, reject) => connection[name]((error) => (error ? reject(error) : resolve())));

async function check(name, work) {
  let problem;
  try {
    problem = await work();
  } catch (error) {
    problem = error.stack;
  }
  console.log(`${problem ? 'not ok' : 'ok'} - tedious: ${name}`);
  if (problem) {
    failed = true;
    console.log('#   ' + String(problem).split('\n').join('\n#   '));
  }
}

const same = (value, expected) => (value === expected ? undefined : `${value} instead of ${expected}`);

async function session(label, options) {
  let connection;
  await check(label + ': login', async () => { connection = await connect(options); });
  if (!connection) return;
  await check(label + ': values', async () => {
    const [row] = await run(connection, 'SELECT * FROM dbo.client_check WHERE id = 1', [], 'execSqlBatch');
    return same(row.bi, '9223372036854775807') || same(row.nvm, '\u20acy'.repeat(50000)) || same(row.vcm.length, 70001) ||
      same(row.u8, '\u20ac\u{1F600}') || same(row.cyr, '\u041f\u0440\u0438\u0432\u0435\u0442') || same(row.v, 42) ||
      same(row.dto.toISOString(), '2019-12-31T23:30:00.123Z') || same(row.ntx, 'ntext \u20ac') || same(row.b, true);
  });
  await check(label + ': parameters', async () => {
    const [row] = await run(connection, 'SELECT @a AS a, @b AS b, @c AS c', [
      ['a', TYPES.Int, -5], ['b', TYPES.NVarChar, 'z\u20ac'], ['c', TYPES.VarBinary, null]]);
    return same(row.a, -5) || same(row.b, 'z\u20ac') || same(row.c, null);
  });
  await check(label + ': transaction', async () => {
    await step(connection, 'beginTransaction');
    await run(connection, 'INSERT INTO dbo.client_check (id) VALUES (400)');
    await step(connection, 'rollbackTransaction');
    const rows = await run(connection, 'SELECT id FROM dbo.client_check WHERE id = 400');
    return same(rows.length, 0);
  });
  await check(label + ': cancel', () => new Promise((resolve) => {
    connection.execSqlBatch(new Request("WAITFOR DELAY '00:00:20'", (error) => resolve(same(error && error.code, 'ECANCEL'))));
    setTimeout(() => connection.cancel(), 200);
  }));
  await check(label + ': bulk load', async () => {
    await run(connection, 'DELETE FROM dbo.client_copy', [], 'execSqlBatch');
    const loaded = await new Promise((resolve, reject) => {
      const load = connection.newBulkLoad('dbo.client_copy', (error, count) => (error ? reject(error) : resolve(count)));
      load.addColumn('id', TYPES.Int, { nullable: false });
      load.addColumn('nvc', TYPES.NVarChar, { length: 50, nullable: true });
      connection.execBulkLoad(load, [...Array(1000).keys()].map((i) => ({ id: i, nvc: i % 3 ? 'r\u20ac' + i : null })));
    });
    const [row] = await run(connection, "SELECT COUNT(*) AS n, COUNT(nvc) AS v FROM dbo.client_copy", [], 'execSqlBatch');
    return same(loaded, 1000) || same(row.n, 1000) || same(row.v, 666);
  });
  connection.close();
}

(async () => {
  await session('plain', {});
  await session('TLS', { encrypt: true });
  await session('packets of 32767 bytes', { packetSize: 32767 });
  process.exit(failed ? 1 : 0);
})();
