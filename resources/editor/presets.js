/* global $, RED */
// The presets in the dialogs of video in and video batch: a list of those of the package and the user's own, in video in with
// buttons to save, import, export and delete them. `remasterPresets(node)` fills in the row.
(function () {
  const FIELD = '#node-input-preset';
  const MAX_BYTES = 65536;

  window.remasterPresets = function (node) {
    const _ = function (key, values) {
      return RED._('@remaster/node-red-video/remaster-in:remaster-in.preset.' + key, values);
    };
    const field = $(FIELD);
    const said = $('.remaster-preset-said').attr('role', 'status');
    let presets = [];

    const say = function (text, isError) {
      said.text(text || '').css('color', isError ? 'var(--red-ui-text-color-error)' : '');
    };
    const problem = function (xhr) {
      const record = xhr.responseJSON;
      if (record && record.message) return record.message + ' ' + (record.remedy || '');
      return _(xhr.status === 401 || xhr.status === 403 ? 'denied' : 'unreachable');
    };
    const chosen = function () {
      return presets.find((preset) => preset.name === field.val());
    };
    const titleOf = function (preset) {
      const key = 'title.' + preset.name;
      const title = preset.isBuiltIn ? _(key) : preset.title || preset.name;
      return title.endsWith(key) ? preset.title || preset.name : title;
    };
    const show = function (name) {
      field.empty().append($('<option>').val('').text(_('none')));
      [true, false].forEach(function (isBuiltIn) {
        const group = $('<optgroup>').attr('label', _(isBuiltIn ? 'builtIn' : 'own'));
        presets
          .filter((preset) => preset.isBuiltIn === isBuiltIn)
          .forEach((preset) => group.append($('<option>').val(preset.name).text(titleOf(preset))));
        if (group.children().length > 0) field.append(group);
      });
      // A name that is not in the list stays: it may come with another machine's flow.
      if (name && !presets.some((preset) => preset.name === name)) field.append($('<option>').val(name).text(name));
      field.val(name || '').trigger('change');
    };
    const load = function (name) {
      return $.getJSON('remaster/presets')
        .done(function (all) {
          presets = all;
          show(name);
        })
        .fail(function (xhr) {
          show(name);
          say(problem(xhr), true);
        });
    };
    const save = function (text) {
      if (text.length > MAX_BYTES) return say(_('tooLarge'), true);
      return $.ajax({ url: 'remaster/presets', method: 'POST', contentType: 'application/json', data: text })
        .done(function (preset) {
          load(preset.name).done(() => say(_('saved', { name: preset.name })));
        })
        .fail((xhr) => say(problem(xhr), true));
    };
    const edited = function () {
      const preset = chosen() || { format: 1, name: 'my-preset', settings: {} };
      const name = preset.isBuiltIn ? 'my-' + preset.name : preset.name;
      const own = Object.assign({}, preset, { name: name });
      delete own.isBuiltIn;
      return JSON.stringify(own, null, 2);
    };

    $('#remaster-in-preset-edit').on('click', function () {
      RED.editor.editJSON({ title: _('edit'), value: edited(), requireValid: true, complete: save });
    });
    $('#remaster-in-preset-import').on('click', function () {
      $('<input type="file" accept=".json,application/json">')
        .on('change', function () {
          const file = this.files[0];
          if (!file) return;
          if (file.size > MAX_BYTES) return say(_('tooLarge'), true);
          file.text().then(save);
        })
        .trigger('click');
    });
    $('#remaster-in-preset-export').on('click', function () {
      const preset = Object.assign({}, chosen());
      if (!preset.name) return say(_('choose'), true);
      delete preset.isBuiltIn;
      const url = URL.createObjectURL(new Blob([JSON.stringify(preset, null, 2) + '\n'], { type: 'application/json' }));
      $('<a>')
        .attr({ href: url, download: preset.name + '.json' })[0]
        .click();
      URL.revokeObjectURL(url);
    });
    $('#remaster-in-preset-delete').on('click', function () {
      const preset = chosen();
      if (!preset || preset.isBuiltIn) return;
      $.ajax({ url: 'remaster/presets/' + encodeURIComponent(preset.name), method: 'DELETE' })
        .done(() => load('').done(() => say(_('deleted', { name: preset.name }))))
        .fail((xhr) => say(problem(xhr), true));
    });
    field.on('change', function () {
      const preset = chosen();
      $('#remaster-in-preset-delete').prop('disabled', !preset || preset.isBuiltIn);
      say(preset ? preset.about : '');
    });
    return load(node.preset);
  };
})();
