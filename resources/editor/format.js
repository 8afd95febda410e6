// Numbers and times, as the sidebar and the dialogs write them in the language of the editor.
window.remasterWords = {
  /** Three figures. */
  number: function (value) {
    const digits = value >= 10 || value === 0 ? 0 : value >= 1 ? 1 : 2;
    return value.toLocaleString(RED.i18n.lang(), { maximumFractionDigits: digits });
  },

  /** A time in seconds, in its two largest units. */
  time: function (seconds) {
    const word = function (key, values) {
      return RED._('@remaster/node-red-video/remaster-model:remaster-model.jobs.time.' + key, values);
    };
    const minutes = Math.round(seconds / 60);
    const hours = Math.floor(minutes / 60);
    if (seconds < 59.5) return word('seconds', { number: Math.round(seconds) });
    if (minutes < 60) return word('minutes', { number: minutes });
    if (hours < 24) return word('hours', { hours: hours, minutes: minutes % 60 });
    return word('days', { days: Math.floor(hours / 24), hours: hours % 24 });
  },
};
