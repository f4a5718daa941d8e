// The story: which machine is too hot, how warm are they on average, and when does a door change?

export const stream = (brokerUrl) =>
  `CREATE STREAM factory () WITH (TYPE="mqtt", DATASOURCE="factory/+", FORMAT="json", SHARED="true", ` +
  `EXTRA="{\\"server\\":\\"${brokerUrl}\\",\\"qos\\":1}")`;

export const rules = [
  {
    id: 'alarm',
    says: 'a machine above 80 °C',
    sql: 'SELECT machine, temperature FROM factory WHERE temperature > 80',
    show: ({ machine, temperature }) => `${machine} is at ${temperature} °C`,
  },
  {
    id: 'average',
    says: 'mean and maximum per machine, every 5 seconds',
    sql:
      'SELECT machine, avg(temperature) AS mean, max(temperature) AS highest, count(*) AS readings ' +
      'FROM factory GROUP BY machine, TUMBLINGWINDOW(ss, 5)',
    show: ({ machine, mean, highest, readings }) =>
      `${machine.padEnd(8)} mean ${mean.toFixed(1)} °C, highest ${highest} °C of ${readings} readings`,
  },
  {
    id: 'door',
    says: 'a door that has been opened or closed',
    sql:
      'SELECT machine, door, lag(door) OVER (PARTITION BY machine) AS before FROM factory ' +
      'WHERE had_changed(true, door) OVER (PARTITION BY machine)',
    show: ({ machine, door, before }) =>
      before === undefined ? `${machine}: door ${door}` : `${machine}: door ${before} → ${door}`,
  },
];
