// Formats numbers and durations in the language of the editor, for the sidebar and the dialogs.
window.remasterFormat = {
  /** Up to two decimal places, depending on the size. */
  number: function (value) {
    const digits = value >= 10 || value === 0 ? 0 : value >= 1 ? 1 : 2;
    return value.toLocaleString(RED.i18n.lang(), { maximumFractionDigits: digits });
  },

  /** A duration in seconds, in its two largest units. */
  time: function (seconds) {
    const text = function (key, values) {
      return RED._('@remaster/node-red-video/remaster-model:remaster-model.jobs.time.' + key, values);
    };
    const minutes = Math.round(seconds / 60);
    const hours = Math.floor(minutes / 60);
    if (seconds < 59.5) return text('seconds', { number: Math.round(seconds) });
    if (minutes < 60) return text('minutes', { number: minutes });
    if (hours < 24) return text('hours', { hours: hours, minutes: minutes % 60 });
    return text('days', { days: Math.floor(hours / 24), hours: hours % 24 });
  },
};
