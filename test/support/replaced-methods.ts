/** The same with some methods in the place of its own: to cut in, or to fail. */
export function replacedMethods<Whole extends object>(whole: Whole, methods: Partial<Whole>): Whole {
  return new Proxy(whole, {
    get: (target, name) => {
      const method: unknown = name in methods ? Reflect.get(methods, name) : Reflect.get(target, name);
      return typeof method === 'function' ? method.bind(target) : method;
    },
  });
}
