// Tests of the page's pure functions, run inside the browser.
async function pureFunctions() {
  const [format, condition, names, state, command, series, suggest, result] = await Promise.all(
    ['format', 'condition', 'names', 'state', 'command', 'series', 'suggest', 'result_table'].map(
      (name) => import(`/${name}.js`)
    )
  );

  let checks = 0;
  const text = (value) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v));
  function is(got, wanted, what) {
    ++checks;
    if (text(got) !== text(wanted)) throw new Error(`${what}: ${text(got)}, not ${text(wanted)}`);
  }

  // Numbers
  for (const [bytes, iec, si] of [
    [0, '0 B', '0 B'],
    [999, '999 B', '999 B'],
    [1000, '1000 B', '1.00 kB'],
    [1023, '1023 B', '1.02 kB'],
    [1024, '1.00 KiB', '1.02 kB'],
    [1536, '1.50 KiB', '1.54 kB'],
    [10239, '10.0 KiB', '10.2 kB'],
    [999999, '977 KiB', '1.00 MB'],
    [1048575, '1.00 MiB', '1.05 MB'],
    [1048576n, '1.00 MiB', '1.05 MB'],
    [18446744073709551615n, '16.0 EiB', '18.4 EB'],
  ]) {
    is(format.formatBytes(bytes, 'iec'), iec, `bytes ${bytes}`);
    is(format.formatBytes(bytes, 'si'), si, `bytes by 1000 ${bytes}`);
  }
  is(format.formatCount(999), '999', 'a count');
  is(format.formatCount(1204), '1.20 k', 'a count');
  is(format.formatCount(999950), '1.00 M', 'a count that rounds up');
  is(format.formatRate(0), '0 bit/s', 'no rate');
  is(format.formatRate(1234567), '1.23 Mbit/s', 'a rate');
  is(format.formatRate(0.25, 'p/s'), '0.25 p/s', 'a small rate');
  is(format.exact(9007199254740993n), '9,007,199,254,740,993', 'every digit');
  is(format.exact(12), '12', 'two digits');
  is(format.formatPercent(1, 3), '33.3 %', 'a part');
  is(format.formatPercent(1, 100000), '< 0.1 %', 'a small part');
  is(format.formatPercent(0, 0), '–', 'a part of nothing');
  is(format.formatPercent(5n, 5n), '100 %', 'all');
  is(format.formatDuration(93784), '1 d 2 h', 'days');
  is(format.formatDuration(3600), '1 h', 'an hour');
  is(format.formatDuration(0), '0 s', 'no time');
  is(format.indexOfByte('ä€😀x', 2), 1, 'behind two bytes');
  is(format.indexOfByte('ä€😀x', 5), 2, 'behind five bytes');
  is(format.indexOfByte('ä€😀x', 9), 4, 'behind four more');

  // Conditions
  is(condition.clauses(''), [], 'no condition');
  is(condition.clauses('dport = 443 & proto = tcp'), ['dport = 443', 'proto = tcp'], 'and');
  is(
    condition.clauses('dport=443&&proto=tcp and sip = 10.0.0.1 * dip=10.0.0.2'),
    ['dport=443', 'proto=tcp', 'sip = 10.0.0.1', 'dip=10.0.0.2'],
    'all forms of and'
  );
  is(condition.clauses('a = 1 | b = 2 & c = 3'), ['a = 1 | b = 2 & c = 3'], 'or stays whole');
  is(condition.clauses('(a = 1 | b = 2) & c = 3'), ['(a = 1 | b = 2)', 'c = 3'], 'or in brackets');
  is(condition.clauses('iface = "a & b" & c = 3'), ['iface = "a & b"', 'c = 3'], 'quotes hold');
  is(condition.clauses('iface = "a & b'), ['iface = "a & b'], 'an open quote');
  is(condition.clauses('(a = 1 & b = 2'), ['(a = 1 & b = 2'], 'an open bracket');
  is(condition.clauses('a = 1 & '), ['a = 1 &'], 'an unfinished one');
  is(
    condition.clauses('dport in (1, 2) & {a = 1 & b = 2}'),
    ['dport in (1, 2)', '{a = 1 & b = 2}'],
    'lists and braces'
  );
  is(condition.withClause('', 'a = 1'), 'a = 1', 'the first clause');
  is(condition.withClause('a = 1', 'a = 1'), 'a = 1', 'not twice');
  is(condition.withClause('a = 1 | b = 2', 'c = 3'), '(a = 1 | b = 2) & c = 3', 'or gets brackets');
  is(condition.withoutClause('a = 1 & (b = 2 | c = 3) & d = 4', 0), '(b = 2 | c = 3) & d = 4', 'without the first');
  is(condition.withoutClause('a = 1', 0), '', 'without the only one');
  for (const [value, quoted] of [
    ['10.0.0.1', '10.0.0.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['eth0', 'eth0'],
    ['xe-0/0/1', '"xe-0/0/1"'],
    ['and', '"and"'],
    ['LT', '"LT"'],
    ['', '""'],
    ['say "x"', `'say "x"'`],
    [`both ' and "`, null],
    ['<img src=x onerror=alert(1)>', '"<img src=x onerror=alert(1)>"'],
    [443, '443'],
  ]) {
    is(condition.quote(value), quoted, `quote ${value}`);
  }

  // Names and clauses
  is(names.clauseFor('proto', 6), 'proto = tcp', 'a protocol');
  is(names.clauseFor('proto', 132), 'proto = 132', 'a protocol by number');
  is(names.clauseFor('host', 'core 1'), 'hostname = "core 1"', "an exporter's name");
  is(names.clauseFor('time_flow_end_ns', 1), null, 'a time');
  is(
    names.clauseForAll([
      ['sip', '10.0.0.1'],
      ['dip', '10.0.0.2'],
    ]),
    'sip = 10.0.0.1 & dip = 10.0.0.2',
    'a conversation'
  );
  is(
    names.clauseForAll([
      ['sip', '10.0.0.1'],
      ['iface', `'"`],
    ]),
    null,
    'one that cannot be said'
  );
  is(names.flagLetters(0x12), 'SA', 'flags');
  is(names.countryName('DE'), 'Germany', 'a country');
  is(names.countryName('not a code'), 'not a code', 'no country');
  is(names.serviceName(443, 1), '', 'ICMP has no services');

  // The state in the URL
  const kept = {
    ...state.kDefaults,
    view: 'query',
    range: '',
    first: '1',
    last: '2',
    c: 'iface = "a & b#?%"',
    columns: 'sip,dip',
  };
  is(state.parseState(state.formatState(kept)), kept, 'state and back');
  is(state.formatState(state.kDefaults), '#overview', 'defaults are left out');
  is(
    state.parseState('#nonsense?c=x&view=evil&other=1'),
    {...state.kDefaults, c: 'x'},
    'what is not known is left out'
  );
  is(state.windowOf({range: '-1h'}), {first: '-1h'}, 'a window until now');

  // The command line
  is(
    command.commandLine({
      query: 'sip,dip',
      first: '-1h',
      condition: 'iface = "it\'s"',
      num_results: 10,
      sum: true,
      biflow: true,
      sampling: 'raw',
    }),
    `weir query -f -1h -c 'iface = "it'\\''s"' -n 10 --sum --biflow sip,dip`,
    'a command line'
  );
  is(command.shellQuote('$(reboot)'), `'$(reboot)'`, 'nothing for the shell');

  // Series
  const at = (seconds) => new Date(seconds * 1000).toISOString();
  const block = (end, proto, br) => ({labels: {timestamp: at(end)}, attributes: {proto}, counters: {br, pr: 1}});
  is(series.timeStep(3600), [300, '5m'], 'blocks of an hour');
  is(series.timeStep(86400), [600, '10m'], 'blocks of a day');
  is(series.timeStep(30 * 86400), [14400, '4h'], 'blocks of a month');
  is(series.toSeries([], {first: 0, last: 900, step: 300}, 'bits'), {times: [], series: []}, 'no rows');
  is(
    series.toSeries(
      [block(600, 6, 300), block(1200, 6, 300), block(600, 17, 3000)],
      {first: 450, last: 1000, step: 300},
      'bits'
    ),
    {
      times: [450, 600, 900, 1000],
      series: [
        {name: 'UDP', values: [160, 0, 0, 0]},
        {name: 'TCP', values: [16, 0, 24, 24]},
      ],
    },
    'blocks that the window cuts are divided by what lies within it'
  );
  const live = new series.LiveHistory(3);
  live.add({now: 11, first: 10, protocols: [{name: 'TCP', bits: [8, 16], packets: [1, 2], flows: [1, 1]}]});
  live.add({
    now: 13,
    first: 12,
    protocols: [
      {name: 'TCP', bits: [24, 0], packets: [3, 0], flows: [1, 0]},
      {name: 'UDP', bits: [0, 8], packets: [0, 1], flows: [0, 1]},
    ],
  });
  is(
    live.series('bits'),
    {
      times: [11, 12, 13],
      series: [
        {name: 'TCP', total: 40, values: [16, 24, 0]},
        {name: 'UDP', total: 8, values: [0, 0, 8]},
      ],
    },
    'live seconds'
  );

  // Suggestions
  const fields = {
    columns: [
      {name: 'sip', aliases: ['src'], description: 'source address', column: true, condition: true},
      {name: 'dip', aliases: [], column: true, condition: true},
      {name: 'time', aliases: [], column: true, condition: false},
      {name: 'proto', aliases: [], column: true, condition: true},
    ],
    aliases: [{name: 'talk_conv', columns: ['sip', 'dip']}],
    operators: ['=', '!=', 'in'],
    keywords: ['snet', 'dir'],
  };
  const offered = ({items}) => items.map((item) => item.text);
  is(offered(suggest.suggestColumns('t', 1, fields)), ['talk_conv', 'time', 'proto'], 'columns');
  is(offered(suggest.suggestColumns('sip,', 4, fields)).includes('sip'), false, 'no column twice');
  is(suggest.suggestColumns('sip, di', 7, fields).from, 5, 'behind a comma');
  is(offered(suggest.suggestCondition('si', 2, fields)), ['sip'], 'attributes');
  is(offered(suggest.suggestCondition('ti', 2, fields)), [], 'only what conditions know');
  is(offered(suggest.suggestCondition('sip ', 4, fields)), ['=', '!=', 'in'], 'operators');
  is(offered(suggest.suggestCondition('proto = t', 9, fields))[0], 'tcp', 'values');
  is(offered(suggest.suggestCondition('proto = tcp ', 12, fields)), ['&', '|'], 'what joins');
  is(offered(suggest.suggestCondition('proto = tcp & d', 15, fields)), ['dir', 'dip'], 'the next attribute');
  is(offered(suggest.suggestCondition('iface = "a', 10, fields)), [], 'nothing inside quotes');

  // Downloads
  const csv = result.toCsv({
    query: {attributes: ['iface', 'sip']},
    rows: [
      {labels: {iface: 'a,"b"'}, attributes: {sip: '10.0.0.1'}, counters: {br: 9007199254740993n, bs: 0, pr: 1, ps: 0}},
      {labels: {iface: '=cmd|x'}, attributes: {sip: ''}, counters: {br: 1, bs: 2, pr: 3, ps: 4}},
    ],
  });
  is(
    csv,
    'iface,sip,packets_in,packets_out,bytes_in,bytes_out\r\n"a,""b""",10.0.0.1,1,0,9007199254740993,0\r\n\'=cmd|x,,3,4,1,2\r\n',
    'CSV'
  );
  return checks;
}
