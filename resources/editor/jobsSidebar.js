// The sidebar “Video jobs”: batches, and running, queued and finished jobs. Polls once a second, only while the tab is visible.
(function start() {
  // The editor runs the scripts of a page in the order in which they arrive.
  if (!window.remasterBatchList) {
    setTimeout(start, 50);
    return;
  }
  const ID = 'remaster-jobs';
  const PERIOD = 1000;
  const _ = function (key, values) {
    return RED._('@remaster/node-red-video/remaster-model:remaster-model.jobs.' + key, values);
  };
  const ICONS = { pause: 'fa-pause', resume: 'fa-play', stop: 'fa-stop', compare: 'fa-columns', page: 'fa-television' };

  const list = $('<ol>').addClass('remaster-jobs-list');
  const message = $('<p>').addClass('remaster-jobs-message').hide();
  const totals = $('<div>').addClass('remaster-jobs-totals remaster-jobs-details').hide();
  const batches = window.remasterBatchList(orderBatch, poll);
  const content = $('<div>').addClass('remaster-jobs').append(totals, message, batches.element, list);
  /** Rows by job id. A row is updated in place, so that its buttons stay under the pointer. */
  const rows = new Map();
  let isPolling = false;

  RED.sidebar.addTab({
    id: ID,
    label: _('tab'),
    name: _('title'),
    iconClass: 'fa fa-film',
    content: content,
    enableOnEdit: true,
    onchange: poll,
  });
  $('<style>').text(style()).appendTo('head');
  setInterval(poll, PERIOD);

  function poll() {
    if (isPolling || document.visibilityState !== 'visible' || !content.is(':visible')) return;
    isPolling = true;
    $.when(
      $.ajax({ url: 'remaster/jobs', dataType: 'json' }),
      $.ajax({ url: 'remaster/batches', data: { search: batches.text() }, dataType: 'json' }),
    )
      .done(function (jobs, found) {
        show(jobs[0], found[0]);
      })
      .fail(function (xhr) {
        say(_(xhr.status === 401 || xhr.status === 403 ? 'error.denied' : 'error.unreachable'));
      })
      .always(function () {
        isPolling = false;
      });
  }

  function say(text) {
    message.text(text).show();
  }

  /** `found`: the batches; absent: they are as they were. */
  function show(jobs, found) {
    if (found) {
      batches.show(found);
      showTotals(jobs, found);
      if (jobs.length + found.length === 0) say(_('none'));
      else message.hide();
    }
    const present = new Set(
      jobs.map(function (job) {
        return job.id;
      }),
    );
    rows.forEach(function (row, id) {
      if (present.has(id)) return;
      row.remove();
      rows.delete(id);
    });
    jobs.forEach(function (job, place) {
      if (!rows.has(job.id)) rows.set(job.id, rowOf(job));
      const row = rows.get(job.id);
      row.update(job);
      const at = list.children().eq(place);
      if (at[0] === row.element[0]) return;
      if (at.length > 0) at.before(row.element);
      else list.append(row.element);
    });
  }

  function rowOf(job) {
    const name = $('<a href="#">').addClass('remaster-jobs-name').attr('title', _('button.show'));
    const model = $('<span>').addClass('remaster-jobs-quiet').text(job.model.split(/[\\/]/).pop());
    const buttons = $('<span>').addClass('remaster-jobs-buttons');
    const done = $('<div>');
    const bar = $('<div>')
      .addClass('remaster-jobs-bar')
      .attr({ role: 'progressbar', 'aria-label': job.label, 'aria-valuemin': 0, 'aria-valuemax': 100 })
      .append(done);
    const details = $('<div>').addClass('remaster-jobs-details');
    const element = $('<li>')
      .attr('data-job', job.id)
      .append($('<div>').addClass('remaster-jobs-head').append(name, model, buttons), bar, details);
    name.text(job.label).on('click', function (event) {
      event.preventDefault();
      RED.view.reveal(job.node);
    });
    let offered = '';
    return {
      element: element,
      remove: function () {
        element.remove();
      },
      update: function (now) {
        element.attr('data-is', now.is);
        const share = typeof now.percent === 'number' ? now.percent : null;
        bar.toggle(share !== null);
        if (share !== null) bar.attr('aria-valuenow', share);
        done.css('width', share + '%');
        details.text(detailsOf(now));
        const actions = (now.page ? ['page'] : []).concat(now.compare ? ['compare'] : [], now.actions || []);
        if (actions.join() === offered) return;
        offered = actions.join();
        buttons.empty().append(actions.map(buttonFor(now)));
      },
    };
  }

  function buttonFor(job) {
    return function (action) {
      return $('<button type="button" class="red-ui-button red-ui-button-small">')
        .attr({ title: _('button.' + action), 'aria-label': _('button.' + action), 'data-action': action })
        .append(
          $('<i class="fa">').addClass(ICONS[action]),
          action === 'compare' && !job.actions ? ' ' + _('compare') : '',
        )
        .on('click', function () {
          const button = $(this).prop('disabled', true);
          doing(job, action).always(function () {
            button.prop('disabled', false);
          });
        });
    };
  }

  function doing(job, action) {
    if (action === 'page') return openPage(job.page);
    return action === 'compare' ? compare(job.id) : control(job.id, action);
  }

  /** How much there is to do, and how long it takes: batches run beside each other, the jobs of an engine do not. */
  function showTotals(jobs, found) {
    const count = function (state) {
      const inJobs = jobs.filter(function (job) {
        return job.is === (state === 'waiting' ? 'queued' : state);
      }).length;
      return found.reduce(function (sum, batch) {
        return sum + batch.counts[state];
      }, inJobs);
    };
    const times = found.concat(jobs).flatMap(function (one) {
      const time = one.is === 'running' ? one.eta : one.is === 'queued' ? one.expected : null;
      return typeof time === 'number' ? [time] : [];
    });
    const left = times.reduce(function (sum, time) {
      return sum + time;
    }, 0);
    const parts = ['running', 'waiting', 'done', 'failed'].flatMap(function (state) {
      return count(state) > 0 ? [_('total.' + state, { number: count(state) })] : [];
    });
    if (times.length > 0) parts.push(_('part.left', { time: window.remasterFormat.time(left) }));
    totals.toggle(parts.length > 0 && found.length + jobs.length > 1).text(parts.join(' · '));
  }

  function orderBatch(id, order) {
    return $.ajax({
      url: 'remaster/batches/' + encodeURIComponent(id),
      method: 'POST',
      contentType: 'application/json',
      data: JSON.stringify(order),
    })
      .done(poll)
      .fail(showError);
  }

  function control(id, action) {
    return $.ajax({
      url: address(id),
      method: 'POST',
      contentType: 'application/json',
      data: JSON.stringify({ action: action }),
    })
      .done(function (jobs) {
        show(jobs);
      })
      .fail(showError);
  }

  /** The compare page does not have the editor's access token: the response sets a cookie for it. */
  function compare(id) {
    const page = window.open('about:blank'); // during the click: later, pop-up blockers would refuse
    return $.ajax({ url: address(id) + '/look', method: 'POST' })
      .done(function () {
        if (page)
          page.location = new URL((RED.settings.apiRootUrl || '') + address(id) + '/compare/', document.baseURI).href;
      })
      .fail(function (xhr) {
        if (page) page.close();
        showError(xhr);
      });
  }

  /** Nor does a live page: its ticket comes in the address. */
  function openPage(path) {
    const page = window.open('about:blank');
    return $.ajax({ url: 'remaster/live/' + path.split('/').pop() + '/ticket', method: 'POST', dataType: 'json' })
      .done(function (answer) {
        if (!page) return;
        const place = new URL(path + '/', RED.settings.apiRootUrl || document.baseURI);
        place.searchParams.set('ticket', answer.ticket);
        page.location = place.href;
      })
      .fail(function (xhr) {
        if (page) page.close();
        showError(xhr);
      });
  }

  function address(id) {
    return 'remaster/jobs/' + encodeURIComponent(id);
  }

  function showError(xhr) {
    const record = xhr.responseJSON;
    const isDenied = xhr.status === 401 || xhr.status === 403;
    const text = record && record.message ? record.message : _('error.unreachable');
    RED.notify($('<p>').text(isDenied ? _('error.deniedAction') : text), 'warning'); // a string would be HTML
  }

  function detailsOf(job) {
    const parts = [];
    const part = function (key, values) {
      parts.push(_('part.' + key, values));
    };
    const isWorking = job.is === 'running' && job.stage === 'restoring';
    if (job.is === 'running') {
      if (!isWorking) parts.push(_('is.' + (job.stage || 'starting')));
      else if (job.percent === null) part('frame', { frame: job.frame });
    } else if (job.is === 'live') {
      if (job.said) parts.push(job.said);
      else parts.push(_('is.' + (job.camera === 'running' ? 'live' : job.camera || 'starting')));
    } else {
      const time = typeof job.elapsed === 'number' ? window.remasterFormat.time(job.elapsed) : '';
      parts.push(_('is.' + job.is, { position: job.position, said: job.said, time: time }));
    }
    if (typeof job.expected === 'number') part('expected', { time: window.remasterFormat.time(job.expected) });
    if (typeof job.percent === 'number' && job.is !== 'done')
      parts.push(window.remasterFormat.number(Math.floor(job.percent)) + ' %');
    if (isWorking || job.is === 'live') {
      if (typeof job.fps === 'number') part('fps', { fps: window.remasterFormat.number(job.fps) });
      if (job.workers && job.workers.length > 0)
        part('workers', {
          names: job.workers
            .map(function (worker) {
              return worker.fps === null ? worker.name : worker.name + ' ' + window.remasterFormat.number(worker.fps);
            })
            .join(', '),
        });
      if (typeof job.eta === 'number') part('left', { time: window.remasterFormat.time(job.eta) });
    }
    if (job.latency)
      part('latency', {
        p50: window.remasterFormat.number(Math.round(job.latency.p50)),
        p95: window.remasterFormat.number(Math.round(job.latency.p95)),
      });
    if (job.dropped > 0)
      part('dropped', {
        dropped: window.remasterFormat.number(job.dropped),
        percent: window.remasterFormat.number(Math.round(job.dropShare * 100)),
      });
    if (job.cacheShare > 0.005)
      part('cacheShare', { percent: window.remasterFormat.number(Math.round(job.cacheShare * 100)) });
    return parts.join(' · ');
  }

  function style() {
    return `
      .remaster-jobs {
        height: 100%;
        overflow-y: auto;
        color: var(--red-ui-primary-text-color);
      }
      .remaster-jobs-message {
        margin: 0;
        padding: 16px;
        color: var(--red-ui-secondary-text-color);
      }
      .remaster-jobs > ol.remaster-jobs-list {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .remaster-jobs > ol.remaster-jobs-list > li {
        margin: 0;
        padding: 8px 10px;
        border-bottom: 1px solid var(--red-ui-secondary-border-color);
        line-height: 1.4;
      }
      .remaster-jobs-totals {
        padding: 8px 10px;
        border-bottom: 1px solid var(--red-ui-secondary-border-color);
      }
      .remaster-batch-search {
        padding: 8px 10px 0;
      }
      .remaster-batch-search > input {
        width: 100%;
        box-sizing: border-box;
      }
      .remaster-batch-head {
        padding: 8px 10px 0;
      }
      .remaster-batch > ol.remaster-jobs-list {
        margin: 4px 0 0;
        padding: 0 0 0 10px;
        list-style: none;
      }
      .remaster-batch > ol.remaster-jobs-list > li {
        margin: 0;
        padding: 0 10px 0 0;
      }
      .remaster-batch-file {
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .remaster-jobs-head {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 2px 8px;
        min-height: 26px;
      }
      a.remaster-jobs-name {
        min-width: 0;
        overflow-wrap: anywhere;
        color: var(--red-ui-primary-text-color);
        font-weight: 600;
      }
      .remaster-jobs-quiet,
      .remaster-jobs-details {
        color: var(--red-ui-secondary-text-color);
        overflow-wrap: anywhere;
      }
      .remaster-jobs-details {
        font-variant-numeric: tabular-nums;
      }
      .remaster-jobs-buttons {
        display: flex;
        gap: 4px;
        margin-left: auto;
      }
      .remaster-jobs-bar {
        height: 4px;
        margin: 4px 0;
        border-radius: 2px;
        overflow: hidden;
        background: var(--red-ui-secondary-border-color);
      }
      .remaster-jobs-bar > div {
        height: 100%;
        background: #9a7cc0;
      }
      li[data-is='failed'] .remaster-jobs-details {
        color: var(--red-ui-text-color-error);
      }
    `;
  }
})();
