// Nodes saved by an earlier release lack the fields that came later: their dialogs show the defaults.
(function () {
  /** Call it first in `oneditprepare`. `defaults`: the values of all fields in a new node. */
  window.remasterDefaults = function (node, defaults) {
    Object.keys(defaults).forEach(function (name) {
      if (node[name] !== undefined) return;
      const input = $('#node-input-' + name + ', #node-config-input-' + name);
      if (input.is(':checkbox')) input.prop('checked', defaults[name]);
      else input.val(defaults[name]);
    });
  };
})();
