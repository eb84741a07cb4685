/** The page's words in the reader's language: the server lays them in the element's data-words. */
export type Words = (key: string, values?: Record<string, string | number>) => string;

/** Read the words of an element. A key that is missing comes back as itself. */
export function wordsOf(element: HTMLElement): Words {
  const messages = JSON.parse(element.dataset["words"] ?? "{}") as Record<string, string>;
  return (key, values = {}) =>
    (messages[`browser.${key}`] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
