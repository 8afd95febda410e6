// “How long will it take?” in the dialog of “video in”: requests an estimate for the file in the dialog, with the model and
// steps of every “video upscale” node wired after it, as currently edited.
(function () {
  /** Types of the path field that do not depend on a message. */
  const FIXED_TYPES = ['str', 'env'];
  /** Bounds the search for the nodes that follow: flows may contain loops. */
  const MAX_NODES = 200;

  window.remasterEstimate = function (node) {
    const _ = function (key, values) {
      return node._('remaster-in.estimate.' + key, values);
    };
    const button = $('#remaster-in-estimate');
    const output = $('#remaster-in-estimated').css({
      margin: '6px 0 0 145px',
      color: 'var(--red-ui-secondary-text-color)',
      overflowWrap: 'anywhere',
    });
    const example = $('#remaster-in-example');

    const isFixedPath = function () {
      const source = $('#node-input-source').val();
      return source === 'sample' || FIXED_TYPES.indexOf($('#node-input-pathType').val()) >= 0;
    };
    const show = function () {
      example.toggle(!isFixedPath());
      output.empty();
    };
    $('#node-input-source, #node-input-path').on('change', show);
    show();

    const say = function (text, isBad) {
      $('<div>')
        .text(text)
        .css('color', isBad ? 'var(--red-ui-text-color-error)' : '')
        .appendTo(output);
    };

    button.on('click', function () {
      output.empty();
      const file = fileSettings();
      if (file.source !== 'sample' && !file.path.trim()) {
        example.trigger('focus');
        return say(_('noFile'));
      }
      const found = upscaleNodesAfter(node).map(modelSettings);
      const works = found.filter(Boolean);
      if (works.length === 0) return say(_(found.length === 0 ? 'noStage' : 'noModel'));
      button.prop('disabled', true).find('i').addClass('fa-spinner fa-spin');
      say(_('asking'));
      requestAll(file, works).always(function () {
        button.prop('disabled', false).find('i').removeClass('fa-spinner fa-spin');
      });
    });

    $('#remaster-in-try').on('click', function () {
      const pressed = $(this);
      output.empty();
      const file = fileSettings();
      if (file.source !== 'sample' && !file.path.trim()) {
        example.trigger('focus');
        return say(_('noFile'));
      }
      const page = window.open('', '_blank'); // at once: browsers block a window that opens later
      const work = upscaleNodesAfter(node).map(modelSettings).filter(Boolean)[0];
      pressed.prop('disabled', true).find('i').addClass('fa-spinner fa-spin');
      $.ajax({
        url: 'remaster/try/new',
        method: 'POST',
        contentType: 'application/json',
        data: JSON.stringify(Object.assign({}, file, work && { work: work })),
      })
        .done(function (trial) {
          const address = new URL((RED.settings.apiRootUrl || '') + 'remaster/try/' + trial.id + '/', document.baseURI);
          if (!page) return say(_('blocked', { address: address.href }));
          page.location = address.href;
          say(_('trying'));
        })
        .fail(function (xhr) {
          if (page) page.close();
          say(problem(xhr), true);
        })
        .always(function () {
          pressed.prop('disabled', false).find('i').removeClass('fa-spinner fa-spin');
        });
    });

    function fileSettings() {
      const value = function (field) {
        return $('#node-input-' + field).val();
      };
      const isFixed = isFixedPath();
      /** Times from a message are unknown here: the estimate is for the whole video. */
      const time = function (field) {
        return value(field + 'Type') === 'str' ? value(field) : '';
      };
      return {
        node: node.id,
        source: value('source'),
        path: isFixed ? value('path') : example.val(),
        pathType: isFixed ? value('pathType') : 'str',
        trimStart: time('trimStart'),
        trimEnd: time('trimEnd'),
        sequenceRate: value('sequenceRate'),
        maxFps: value('maxFps'),
        maxHeight: value('maxHeight'),
        deinterlace: value('deinterlace'),
        fieldOrder: value('fieldOrder'),
        crop: value('crop'),
        aspect: value('aspect'),
      };
    }

    /** One request after the other: each may time a model, and two at once would slow each other down. */
    function requestAll(file, works) {
      const all = $.Deferred();
      const next = function (index) {
        if (index === works.length) return all.resolve();
        $.ajax({
          url: 'remaster/forecast',
          method: 'POST',
          contentType: 'application/json',
          data: JSON.stringify(Object.assign({}, file, { work: works[index] })),
        })
          .done(function (estimate) {
            if (index === 0) {
              output.empty();
              say(videoLine(estimate));
            }
            if (estimate.seconds === null) return;
            const time = window.remasterFormat.time(estimate.seconds);
            say(
              _(estimate.provider ? 'time' : 'seen', {
                time: time,
                model: estimate.model.split(/[\\/]/).pop(),
                provider: estimate.provider,
              }),
            );
          })
          .fail(function (xhr) {
            output.empty();
            say(problem(xhr), true);
            all.resolve();
          })
          .done(function () {
            next(index + 1);
          });
      };
      next(0);
      return all;
    }

    function videoLine(video) {
      const { number, time } = window.remasterFormat;
      const length = video.duration === null ? _('unknownLength') : time(video.duration);
      const fps = video.fps === null ? _('unknownFps') : _('fps', { fps: number(video.fps) });
      const line = _('video', { size: video.width + '×' + video.height, fps: fps, length: length });
      return video.seconds === null ? line + '. ' + _('endless') : line;
    }

    function problem(xhr) {
      const record = xhr.responseJSON;
      if (record && record.message) return record.message + ' ' + (record.remedy || '');
      return _(xhr.status === 401 || xhr.status === 403 ? 'denied' : 'unreachable');
    }
  };

  /** The video upscale nodes wired after this node, also via link nodes and junctions. */
  function upscaleNodesAfter(node) {
    const seen = new Set([node.id]);
    const queue = [node];
    const stages = [];
    while (queue.length > 0 && seen.size < MAX_NODES) {
      const one = queue.shift();
      const following = RED.nodes.getNodeLinks(one.id, 0).map(function (link) {
        return link.target;
      });
      if (one.type === 'link out') following.push(...(one.links || []).map((id) => RED.nodes.node(id)));
      following.filter(Boolean).forEach(function (other) {
        if (seen.has(other.id) || other.d) return;
        seen.add(other.id);
        if (other.type === 'remaster-upscale') stages.push(other);
        else if (other.type !== 'remaster-in') queue.push(other);
      });
    }
    return stages;
  }

  /** Model and steps of an upscale node; null without a model. Steps from a message are unknown: the model's default. */
  function modelSettings(stage) {
    const model = RED.nodes.node(stage.model);
    if (!model) return null;
    return {
      model: model.model,
      modelType: model.modelType,
      provider: model.provider,
      device: model.device,
      threads: model.threads,
      loadLimit: model.loadLimit,
      steps: stage.stepsType === 'num' ? stage.steps : '',
    };
  }
})();
