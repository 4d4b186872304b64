/** Divides text for the search. */

/**
 * The words of a text. Chinese has no spaces between words, so each two neighbouring characters count as one.
 * The site takes this function as text: it must use nothing from outside.
 */
export function words(text: string): string[] {
  return text
    .split(/[\n\r\p{Z}\p{P}\p{S}]+/u)
    .flatMap((word) => word.split(/(\p{Script=Han}+)/u))
    .flatMap((word) => {
      if (!/^\p{Script=Han}{3,}$/u.test(word)) return word === "" ? [] : [word];
      const characters = [...word];
      return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
    });
}
