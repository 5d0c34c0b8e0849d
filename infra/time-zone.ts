/** Whether EventBridge Scheduler takes a text as a time zone: a name of the IANA list, as it is written there. */
export function isTimeZone(text: string): boolean {
  if (/^[+-]/.test(text)) return false; // an offset, which JavaScript would take
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions();
    // JavaScript takes any case, and gives the name or another that it has for it.
    return timeZone === text || timeZone.toLowerCase() !== text.toLowerCase();
  } catch {
    return false;
  }
}
