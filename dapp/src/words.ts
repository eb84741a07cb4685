/** The page's words in the reader's language: the server lays them in the element's data-words. */
export type Words = (key: string, values?: Record<string, string | number>) => string;

/** All messages that the server laid in an element, by their whole key. */
export function messagesOf(element: HTMLElement): Readonly<Record<string, string>> {
  return JSON.parse(element.dataset["words"] ?? "{}") as Record<string, string>;
}

/** Read the words of an element. A key that is missing comes back as itself. */
export function wordsOf(element: HTMLElement, prefix = "browser."): Words {
  const messages = messagesOf(element);
  return (key, values = {}) =>
    (messages[prefix + key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
