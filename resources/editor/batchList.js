// The batches in the sidebar “Video jobs”: totals, one remaining time, and their files, which can be searched and moved.
(function () {
  const _ = function (key, values) {
    return RED._('@remaster/node-red-video/remaster-model:remaster-model.jobs.' + key, values);
  };
  const ICONS = {
    ...{ pause: 'fa-pause', resume: 'fa-play', stop: 'fa-stop', retry: 'fa-repeat', clear: 'fa-eraser' },
    ...{ first: 'fa-angle-double-up', up: 'fa-angle-up', down: 'fa-angle-down', last: 'fa-angle-double-down' },
  };
  const MOVES = ['first', 'up', 'down', 'last'];

  /**
   * `send(id, order)`: sends an order to a batch; `search()`: called when the searched text has changed. Returns the element,
   * `text()`, the searched text, and `show(batches)`.
   */
  window.remasterBatchList = function (send, search) {
    const field = $('<input type="text">').attr({ placeholder: _('batch.search'), 'aria-label': _('batch.search') });
    const searchBar = $('<div>').addClass('remaster-batch-search').append(field).hide();
    const list = $('<div>');
    /** Views by batch id. They are updated in place, so that buttons stay under the pointer. */
    const views = new Map();
    let timer;
    field.on('input', function () {
      clearTimeout(timer);
      timer = setTimeout(search, 300);
    });

    return {
      element: $('<div>').append(searchBar, list),
      text: function () {
        return field.val().trim();
      },
      show: function (batches) {
        const present = new Set(
          batches.map(function (batch) {
            return batch.id;
          }),
        );
        searchBar.toggle(batches.length > 0);
        views.forEach(function (view, id) {
          if (present.has(id)) return;
          view.element.remove();
          views.delete(id);
        });
        batches.forEach(function (batch) {
          if (!views.has(batch.id)) {
            views.set(batch.id, batchView(batch, send));
            list.append(views.get(batch.id).element);
          }
          views.get(batch.id).update(batch);
        });
      },
    };
  };

  function batchView(batch, send) {
    const name = $('<a href="#">').addClass('remaster-jobs-name').attr('title', _('button.show')).text(batch.label);
    const model = $('<span>').addClass('remaster-jobs-quiet').text(batch.model.split(/[\\/]/).pop());
    const buttons = $('<span>').addClass('remaster-jobs-buttons');
    const done = $('<div>');
    const bar = $('<div>')
      .addClass('remaster-jobs-bar')
      .attr({ role: 'progressbar', 'aria-label': batch.label, 'aria-valuemin': 0, 'aria-valuemax': 100 })
      .append(done);
    const details = $('<div>').addClass('remaster-jobs-details');
    const files = $('<ol>').addClass('remaster-jobs-list');
    const more = $('<div>').addClass('remaster-jobs-details');
    const head = $('<div>').addClass('remaster-jobs-head').append(name, model, buttons);
    const rows = new Map();
    name.on('click', function (event) {
      event.preventDefault();
      RED.view.reveal(batch.node);
    });
    let offered = null;

    function show(now) {
      const present = new Set();
      now.files.forEach(function (file, place) {
        present.add(file.id);
        if (!rows.has(file.id)) rows.set(file.id, fileView(file, order));
        const row = rows.get(file.id);
        row.update(file);
        const at = files.children().eq(place);
        if (at[0] === row.element[0]) return;
        if (at.length > 0) at.before(row.element);
        else files.append(row.element);
      });
      rows.forEach(function (row, id) {
        if (present.has(id)) return;
        row.element.remove();
        rows.delete(id);
      });
    }

    function order(what) {
      return send(batch.id, what);
    }

    return {
      element: $('<section>')
        .addClass('remaster-batch')
        .attr('data-batch', batch.id)
        .append($('<div>').addClass('remaster-batch-head').append(head, bar, details), files, more),
      update: function (now) {
        bar.toggle(now.percent !== null && now.is !== 'over').attr('aria-valuenow', now.percent);
        done.css('width', now.percent + '%');
        details.text(detailsOf(now));
        more.toggle(now.more > 0).text(_('batch.more', { number: now.more }));
        show(now);
        if (now.actions.join() === offered) return;
        offered = now.actions.join();
        const buttonOf = function (action) {
          return button(action, _('batch.button.' + action), function () {
            return order({ action: action });
          });
        };
        buttons.empty().append(now.actions.map(buttonOf));
      },
    };
  }

  function fileView(file, order) {
    const name = $('<span>').addClass('remaster-batch-file').attr('title', file.path).text(file.name);
    const details = $('<span>').addClass('remaster-jobs-details');
    const buttons = $('<span>').addClass('remaster-jobs-buttons');
    let offered = null;
    return {
      element: $('<li>')
        .attr('data-file', file.id)
        .append($('<div>').addClass('remaster-jobs-head').append(name, details, buttons)),
      update: function (now) {
        this.element.attr('data-is', now.is);
        details.text(fileDetailsOf(now));
        if (now.is === offered) return;
        offered = now.is;
        const retry = button('retry', _('batch.button.retryFile'), function () {
          return order({ action: 'retry', file: file.id });
        });
        const moves = MOVES.map(function (to) {
          return button(to, _('batch.button.' + to), function () {
            return order({ action: 'move', file: file.id, to: to });
          });
        });
        buttons.empty().append(now.is === 'waiting' ? moves : now.is === 'failed' ? [retry] : []);
      },
    };
  }

  function button(action, title, act) {
    return $('<button type="button" class="red-ui-button red-ui-button-small">')
      .attr({ title: title, 'aria-label': title, 'data-action': action })
      .append($('<i class="fa">').addClass(ICONS[action]))
      .on('click', function () {
        const pressed = $(this).prop('disabled', true);
        act().always(function () {
          pressed.prop('disabled', false);
        });
      });
  }

  function detailsOf(batch) {
    const counts = batch.counts;
    const parts = [
      _('batch.is.' + batch.is),
      _(counts.files === 1 ? 'batch.oneFile' : 'batch.files', { number: counts.files }),
    ];
    ['done', 'skipped', 'failed', 'waiting'].forEach(function (state) {
      if (counts[state] > 0) parts.push(_('batch.count.' + state, { number: counts[state] }));
    });
    if (batch.eta !== null) parts.push(_('part.left', { time: window.remasterFormat.time(batch.eta) }));
    return parts.join(' · ');
  }

  function fileDetailsOf(file) {
    const parts = [];
    if (file.is === 'running') {
      parts.push(typeof file.percent === 'number' ? Math.floor(file.percent) + ' %' : _('is.starting'));
      if (typeof file.fps === 'number') parts.push(_('part.fps', { fps: window.remasterFormat.number(file.fps) }));
      if (typeof file.eta === 'number') parts.push(_('part.left', { time: window.remasterFormat.time(file.eta) }));
    } else if (file.is === 'done' && file.elapsed !== null)
      parts.push(_('is.done', { time: window.remasterFormat.time(file.elapsed) }));
    else parts.push(_('batch.file.' + file.is, { said: file.said || '' }));
    return parts.join(' · ');
  }
})();
