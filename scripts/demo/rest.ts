export interface RestAnswer {
  status: number;
  body: Json;
}

/** JSON as it came: members are looked at by name, and what is not there is undefined. */
export type Json = { readonly [name: string]: unknown };

export interface Rest {
  call(method: string, path: string, body?: unknown): Promise<RestAnswer>;
  /** The same, for an answer that must be a success. @throws Error with the status and what it said. */
  need(method: string, path: string, body?: unknown): Promise<Json>;
  signIn(accessToken: string): void;
}

export function createRest(url: string): Rest {
  let token: string | undefined;
  const call = async (method: string, path: string, body?: unknown): Promise<RestAnswer> => {
    const headers: Record<string, string> = {};
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const res = await fetch(url + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: res.status, body: parse(await res.text()) };
  };
  return {
    call,
    async need(method, path, body) {
      const answer = await call(method, path, body);
      if (answer.status >= 200 && answer.status < 300) return answer.body;
      throw new Error(`${method} ${path} answered ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`);
    },
    signIn: (accessToken) => void (token = accessToken),
  };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return { text };
  }
}
