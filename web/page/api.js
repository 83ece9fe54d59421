// Asking the server: the bearer token, JSON with exact integers, errors in words, few requests at once.

const kTokenKey = 'weir.token';
const kAtOnce = 2; // what browsers and the server's limit of queries both like
const kRetries = 6;

export class ApiError extends Error {
  constructor(status, {message, option, position}) {
    super(message);
    this.status = status;
    this.option = option;
    this.position = position;
  }
  get isGone() {
    return this.status === 0;
  }
}

export const token = {
  get: () => sessionStorage.getItem(kTokenKey) ?? '',
  set: (value) => (value ? sessionStorage.setItem(kTokenKey, value) : sessionStorage.removeItem(kTokenKey)),
};

// Called on every answer, with the error or nothing: for the login form and the banner.
let watcher = () => {};
export function watch(callback) {
  watcher = callback;
}

// Integers that a number cannot hold become BigInts.
function parse(text) {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value, context) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context.source)
      : value
  );
}

let running = 0;
const waiting = [];
async function turn(work) {
  if (running >= kAtOnce) await new Promise((resolve) => waiting.push(resolve));
  else ++running;
  try {
    return await work();
  } finally {
    const next = waiting.shift(); // takes over this place
    if (next) next();
    else --running;
  }
}

async function failure(response) {
  let detail = {message: `the server answered ${response.status} ${response.statusText}`};
  try {
    detail = JSON.parse(await response.text()).error ?? detail;
  } catch {
    // Not ours, a proxy's page perhaps: its status says enough.
  }
  return new ApiError(response.status, detail);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function send(path, options, signal) {
  const headers = {...options.headers, ...(token.get() ? {Authorization: `Bearer ${token.get()}`} : {})};
  for (let attempt = 0; ; ++attempt) {
    let response;
    try {
      response = await fetch(path, {...options, headers, signal, cache: 'no-store'});
    } catch (error) {
      if (error.name === 'AbortError') throw error;
      const gone = new ApiError(0, {message: 'the server does not answer'});
      watcher(gone);
      throw gone;
    }
    if (response.status === 429 && attempt < kRetries) {
      await pause(200 * 2 ** attempt);
      continue;
    }
    if (!response.ok) {
      const error = await failure(response);
      watcher(error);
      throw error;
    }
    watcher();
    return response;
  }
}

export async function get(path, parameters = {}, signal) {
  const text = new URLSearchParams(parameters).toString();
  const response = await send(`api/v1/${path}${text ? '?' + text : ''}`, {}, signal);
  return parse(await response.text());
}

const asPost = (query) => ({
  method: 'POST',
  headers: {'Content-Type': 'application/json'},
  body: JSON.stringify(query, (_, value) => (value === '' ? undefined : value)),
});

// Queries go by POST: conditions can be long, and addresses do not belong into logs of URLs.
export function query(parameters, signal) {
  return turn(async () => parse(await (await send('api/v1/query', asPost(parameters), signal)).text()));
}

// The same while it runs. Answers {result, text}: the parsed answer and its JSON as it came.
export async function streamQuery(parameters, {signal, onProgress, onPartial}) {
  const response = await send('api/v1/query', asPost({...parameters, stream: true}), signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let answer = null;
  const take = (line) => {
    if (!line.trim()) return;
    const object = parse(line);
    if (object.error) throw new ApiError(200, object.error);
    if (object.progress !== undefined) onProgress?.(object.progress);
    if (object.partial) onPartial?.(object.partial);
    if (object.result)
      answer = {
        result: object.result,
        text: line
          .trim()
          .replace(/^\{\s*"result"\s*:\s*/, '')
          .replace(/\}$/, ''),
      };
  };
  for (;;) {
    let chunk;
    try {
      chunk = await reader.read();
    } catch (error) {
      if (error.name === 'AbortError') throw error;
      throw new ApiError(0, {message: 'the connection broke before the answer was whole'});
    }
    const lines = (rest + (chunk.value ?? '')).split('\n');
    rest = chunk.done ? '' : lines.pop();
    lines.forEach(take);
    if (chunk.done) break;
  }
  if (!answer) throw new ApiError(0, {message: 'the connection ended before the answer was whole'});
  return answer;
}
