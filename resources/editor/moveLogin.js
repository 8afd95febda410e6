// Moves a user name and a password in an address to the credentials of the node, so that they are not saved in the flow.
(function () {
  // The password may hold an @ and, although a URL may not, / ? #: then what follows the colon is no port.
  const LOGIN = /^(\w+:\/\/)([^/?#]*|[^/?#@:[\]]*:(?!\d{1,5}[/?#]).*)@(.+)$/;

  /** Call it when the dialog is saved. `field`: the typed field with the address. */
  window.remasterMoveLogin = function (field) {
    const input = $('#node-input-' + field);
    const found = $('#node-input-' + field + 'Type').val() === 'env' ? null : LOGIN.exec(input.val());
    if (!found) return;
    const parts = found[2].split(':');
    input.typedInput('value', found[1] + found[3]);
    $('#node-input-username').val(plain(parts[0]));
    if (parts.length > 1) $('#node-input-password').val(plain(parts.slice(1).join(':')));
  };

  function plain(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text; // a literal %
    }
  }
})();
