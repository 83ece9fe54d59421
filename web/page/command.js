// The command line that asks what the page asks. Pure functions.

export function shellQuote(text) {
  return /^[A-Za-z0-9_.,:/=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

// `query`: the API's parameters.
export function commandLine(query) {
  const words = ['weir', 'query'];
  const option = (name, value) => {
    if (value) words.push(name, shellQuote(String(value)));
  };
  option('-i', query.ifaces === 'any' ? '' : query.ifaces);
  option('-f', query.first);
  option('-l', query.last);
  option('-c', query.condition);
  option('-n', query.num_results);
  option('-s', query.sort_by);
  if (query.sort_ascending) words.push('-a');
  for (const flag of ['in', 'out', 'sum', 'biflow']) {
    if (query[flag]) words.push(`--${flag}`);
  }
  option('--sampling', query.sampling === 'raw' ? '' : query.sampling);
  option('--time-resolution', query.time_resolution);
  words.push(shellQuote(query.query));
  return words.join(' ');
}
