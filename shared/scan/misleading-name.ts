/**
 * Joiners are spelling, in Persian, in the scripts of India and in emoji, where they stand between
 * characters of these (Unicode Standard Annex 31, 2.3).
 */
const joiners = /(?<=[^\0-\u{2ff}])[\u200c\u200d](?=[^\0-\u{2ff}])/gu;

/**
 * Why a name is not harmless where it becomes part of a path, a terminal line or a log.
 *
 * @param isKeras3 whether Keras 3 wrote it, which refuses a slash in the name of a layer
 *   (keras/src/layers/layer.py); names of earlier versions have them
 */
export function misleadingName(name: string, isKeras3: boolean): string | undefined {
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name.replaceAll(joiners, "")))
    return "has control or invisible characters";
  if (!name.isWellFormed()) return "has half a character (a lone surrogate)";
  if (name.split(/[/\\]/).includes("..")) return 'has "..", which leads up in a path';
  if (/^(?:[/\\]|~(?:$|[^/\\]*[/\\])|[A-Za-z]:[/\\])/.test(name))
    return "starts as an absolute path";
  if (isKeras3 && name.includes("/"))
    return 'has "/", which Keras 3 does not allow in the name of a layer';
  return undefined;
}
